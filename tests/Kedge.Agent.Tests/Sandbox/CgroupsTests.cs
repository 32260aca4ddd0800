using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Device;

namespace Kedge.Agent.Tests.Sandbox;

/// <summary>Where workloads go, on trees that look as the kernel's.</summary>
public sealed class CgroupsTests : IDisposable
{
    private static readonly InstanceId Instance = new(new DeploymentId("adder"), 3);
    private readonly string _mount = Directory.CreateTempSubdirectory("kedge-cgroups-").FullName;

    private string Unit => _mount + "/system.slice/kedge-workloads.service";

    [Fact]
    public void Workloads_go_below_the_unit_that_holds_them_and_whatever_sits_in_it_makes_room()
    {
        File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        Directory.CreateDirectory(Unit);
        File.WriteAllText(Path.Combine(Unit, "cgroup.procs"), "442\n");

        Cgroups found = Cgroups.Find("press", _mount);
        found.MakeRoom();

        Assert.True(found.IsVersion2);
        Assert.Equal("/system.slice/kedge-workloads.service/press/adder.3", found.PathOf(Instance));
        Assert.Equal("442", File.ReadAllText(Path.Combine(Unit, "holder", "cgroup.procs")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_unit_they_go_below_the_root_and_nothing_is_moved(bool isVersion2)
    {
        if (isVersion2)
        {
            File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        }

        Cgroups found = Cgroups.Find("press", _mount);
        found.MakeRoom();

        Assert.Equal("/kedge/press/adder.3", found.PathOf(Instance));
        Assert.False(Directory.Exists(_mount + "/system.slice"));
    }

    [Fact]
    public void A_unit_that_is_gone_keeps_no_workload_from_starting()
    {
        File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        Directory.CreateDirectory(Unit);
        Cgroups found = Cgroups.Find("press", _mount);
        Directory.Delete(Unit);

        found.MakeRoom();

        Assert.False(Directory.Exists(Unit));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "/memory")]
    [InlineData(false, "/pids")]
    public void Who_leaves_takes_only_what_is_empty(bool isVersion2, string hierarchy)
    {
        if (isVersion2)
        {
            File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        }

        string root = $"{_mount}{hierarchy}/kedge";
        string instance = Directory.CreateDirectory($"{root}/press/adder.3").FullName;
        string other = Directory.CreateDirectory($"{root}/other").FullName;
        Cgroups found = Cgroups.Find("press", _mount);

        found.Leave();
        Assert.True(Directory.Exists(instance));

        Directory.Delete(instance);
        found.Leave();
        Assert.False(Directory.Exists($"{root}/press"));
        Assert.True(Directory.Exists(other));

        Directory.CreateDirectory($"{root}/press");
        Directory.Delete(other);
        found.Leave();
        Assert.False(Directory.Exists(root));
        Assert.True(Directory.Exists(_mount + hierarchy));
        found.Leave();
    }

    [Fact]
    public void Who_leaves_the_unit_that_holds_workloads_leaves_the_unit()
    {
        File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        Directory.CreateDirectory(Unit + "/press");
        Cgroups.Find("press", _mount).Leave();
        Assert.True(Directory.Exists(Unit));
        Assert.False(Directory.Exists(Unit + "/press"));
    }

    [Theory]
    [InlineData(true, "memory.current", "/kedge/press/adder.3")]
    [InlineData(false, "memory.usage_in_bytes", "/memory/kedge/press/adder.3")]
    public void Memory_is_what_the_kernel_counts_less_the_pages_that_it_would_drop(
        bool isVersion2, string file, string folder)
    {
        if (isVersion2)
        {
            File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        }

        Cgroups found = Cgroups.Find("press", _mount);
        Assert.Equal(0, found.MemoryOf(Instance));

        Directory.CreateDirectory(_mount + folder);
        File.WriteAllText($"{_mount}{folder}/{file}", "10485760\n");
        Assert.Equal(10485760, found.MemoryOf(Instance));

        File.WriteAllText(
            $"{_mount}{folder}/memory.stat",
            isVersion2 ? "anon 5\ninactive_file 4194304\nactive_file 9\n"
                : "inactive_file 7\ntotal_inactive_file 4194304\n");
        Assert.Equal(10485760 - 4194304, found.MemoryOf(Instance));

        File.WriteAllText($"{_mount}{folder}/{file}", "max");
        Assert.Equal(0, found.MemoryOf(Instance));
    }

    [Theory]
    [InlineData(true, "cgroup.freeze", "/kedge/press/adder.3", "1", "0")]
    [InlineData(false, "freezer.state", "/freezer/kedge/press/adder.3", "FROZEN", "THAWED")]
    public void Freezing_is_asked_for_in_the_words_of_the_hierarchy(
        bool isVersion2, string file, string folder, string frozen, string thawed)
    {
        if (isVersion2)
        {
            File.WriteAllText(Path.Combine(_mount, "cgroup.controllers"), "cpu memory");
        }

        Cgroups found = Cgroups.Find("press", _mount);
        Assert.False(found.SetFrozen(Instance, isFrozen: true));
        Assert.False(found.IsFrozen(Instance));

        Directory.CreateDirectory(_mount + folder);
        File.WriteAllText($"{_mount}{folder}/{file}", "");
        Assert.True(found.SetFrozen(Instance, isFrozen: true));
        Assert.Equal(frozen, File.ReadAllText($"{_mount}{folder}/{file}"));
        Assert.True(found.IsFrozen(Instance));

        File.WriteAllText($"{_mount}{folder}/{file}", "");
        Assert.True(found.SetFrozen(Instance, isFrozen: false));
        Assert.Equal(thawed, File.ReadAllText($"{_mount}{folder}/{file}"));
        Assert.False(found.IsFrozen(Instance));
    }

    [Fact]
    public void The_memory_of_a_bare_process_is_what_of_it_is_resident() =>
        Assert.True(Cgroups.NumberIn("/proc/self/status", "VmRSS:") > 1000);

    public void Dispose() => Directory.Delete(_mount, recursive: true);
}
