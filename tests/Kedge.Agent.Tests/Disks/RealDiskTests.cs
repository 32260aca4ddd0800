using Kedge.Agent.Disk;
using Kedge.Core.Borders;

namespace Kedge.Agent.Tests.Disks;

public sealed class RealDiskTests : DiskConformance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kedge-disk-");

    protected override IDisk Disk => new RealDisk(_folder.FullName);

    [Fact]
    public void Files_of_proc_that_say_no_length_are_read_to_their_end()
    {
        byte[] status = new RealDisk("/").Read("proc/self/status", 100_000);
        Assert.Contains("Name:", System.Text.Encoding.ASCII.GetString(status), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
