using System.Globalization;
using System.Text;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;

namespace Kedge.Inference.Tests.Native;

[Collection(AloneCollection.Name)]
public sealed class ResidentMemoryTests
{
    private const string Code = "7f1000-7f3000 r-xp 00001000 fe:00 12    /usr/lib/x.so";

    [Fact]
    public void Code_that_nobody_changed_is_found()
    {
        MappedRange range = Assert.Single(Found(Mapping(Code, rss: 8, anonymous: 0)));
        Assert.Equal(0x7f1000u, range.Start);
        Assert.Equal(0x2000u, range.Bytes);
    }

    [Theory]
    [InlineData("7f1000-7f3000 rw-p 00001000 fe:00 12    /usr/lib/x.so", 8, 0)] // data
    [InlineData("7f1000-7f3000 r--s 00001000 fe:00 12    /usr/lib/x.so", 8, 0)] // shared with somebody
    [InlineData("7f1000-7f3000 r--p 00000000 00:00 0 ", 8, 0)] // no file behind it
    [InlineData("7f1000-7f3000 r-xp 00000000 00:00 0     [vdso]", 4, 0)] // the kernel's
    [InlineData(Code, 8, 4)] // relocated, then made read only
    [InlineData(Code, 0, 0)] // nothing in memory
    [InlineData("7f3000-7f1000 r-xp 00001000 fe:00 12    /usr/lib/x.so", 8, 0)]
    [InlineData("7f1000-7f30", 8, 0)]
    [InlineData("", 8, 0)]
    public void What_would_be_lost_or_gains_nothing_is_left_alone(string head, int rss, int anonymous) =>
        Assert.Empty(Found(Mapping(head, rss, anonymous)));

    [Fact]
    public void Figures_belong_to_the_mapping_above_them()
    {
        string data = Mapping("600000-601000 rw-p 00001000 fe:00 12    /usr/lib/x.so", rss: 4, anonymous: 4);
        string swapped = Mapping(Code, rss: 4, anonymous: 0).Replace("Swap: 0 kB", "Swap: 4 kB", Invariant);
        Assert.Single(Found(data + Mapping(Code, rss: 8, anonymous: 0) + data));
        Assert.Empty(Found(data + swapped + data));
    }

    [Fact]
    public void Pages_leave_this_process_and_come_back_when_called()
    {
        long before = ResidentBytes();
        ResidentMemory.GiveBack();
        long after = ResidentBytes();
        Assert.True(after < before, string.Create(CultureInfo.InvariantCulture, $"{before} kB before, {after} after"));
        Assert.Equal("yes", string.Concat("y", "es")); // Still runs, from pages that were dropped.
    }

    private const StringComparison Invariant = StringComparison.Ordinal;

    private static List<MappedRange> Found(string smaps) => MemoryMap.UnchangedFiles(Encoding.ASCII.GetBytes(smaps));

    private static string Mapping(string head, int rss, int anonymous) => string.Create(
        CultureInfo.InvariantCulture,
        $"{head}\nSize: 8 kB\nRss:         {rss} kB\nAnonymous:   {anonymous} kB\nSwap: 0 kB\nVmFlags: rd ex mr\n");

    // Code and constants of files: what the process holds of them.
    private static long ResidentBytes()
    {
        long sum = 0;
        bool isCode = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            isCode = line.Contains(" r-xp ", Invariant) || (isCode && line.Contains(':', Invariant)
                && !line.Contains('-', Invariant));
            if (isCode && line.StartsWith("Rss:", Invariant))
            {
                sum += long.Parse(line[4..^2].Trim(), CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
