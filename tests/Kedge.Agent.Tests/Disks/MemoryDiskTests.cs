using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Disks;

public sealed class MemoryDiskTests : DiskConformance
{
    protected override IDisk Disk { get; } = new MemoryDisk();

    [Fact]
    public void What_was_synced_survives_every_cut_and_what_was_not_survives_some()
    {
        HashSet<string> outcomes = [];
        for (ulong seed = 0; seed < 64; seed++)
        {
            MemoryDisk disk = new();
            using (IDiskFile file = disk.Open("file", DiskOpening.Create))
            {
                file.Write("safe"u8);
                file.Sync();
                disk.SyncFolder("");
                file.Write("unsafe"u8);
            }

            disk.Cut(new Rng(seed));
            string found = System.Text.Encoding.ASCII.GetString(disk.Read("file", 100));
            Assert.StartsWith("safe", found, StringComparison.Ordinal);
            _ = outcomes.Add(found);
        }

        Assert.Contains("safe", outcomes);
        Assert.Contains("safeunsafe", outcomes);
        Assert.True(outcomes.Count > 4);
    }

    [Fact]
    public void A_full_disk_says_so_and_keeps_what_fitted()
    {
        MemoryDisk disk = new() { CapacityBytes = 3 };
        using IDiskFile file = disk.Open("file", DiskOpening.Create);
        DiskException fault = Assert.Throws<DiskException>(() => file.Write("hello"u8));
        Assert.Equal(DiskFault.Full, fault.Fault);
        Assert.Equal(3, file.Length);
    }
}
