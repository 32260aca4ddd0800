using Kedge.Inference.Sessions;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>Against what was read in containers and on plain machines.</summary>
public sealed class ProcessorShareTests
{
    private const string SecondMount =
        "30 23 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw";

    private const string FirstMount =
        "36 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
        + "37 32 0:31 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory";

    [Fact]
    public void In_a_sandbox_the_group_that_is_seen_as_the_root_counts()
    {
        ProcessorShare share = Read(
            "0-7", "0::/", SecondMount, ("/sys/fs/cgroup/cpu.max", "250000 100000\n"));
        Assert.Equal(new ProcessorShare(8, 2500), share);
        Assert.Equal(2, share.Threads);
    }

    [Fact]
    public void The_smallest_quota_on_the_way_up_counts()
    {
        ProcessorShare share = Read(
            "0-7", "0::/system.slice/kedge/a", SecondMount,
            ("/sys/fs/cgroup/system.slice/kedge/a/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/system.slice/kedge/cpu.max", "150000 100000\n"),
            ("/sys/fs/cgroup/system.slice/cpu.max", "300000 100000\n"));
        Assert.Equal(1500, share.QuotaMilli);
        Assert.Equal(1, share.Threads);
    }

    [Fact]
    public void The_older_version_has_two_files()
    {
        ProcessorShare share = Read(
            "0-3", "4:cpu,cpuacct:/kedge/a\n3:memory:/kedge/a\n0::/x", FirstMount,
            ("/sys/fs/cgroup/cpu,cpuacct/kedge/a/cpu.cfs_quota_us", "300000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/kedge/a/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"));
        Assert.Equal(new ProcessorShare(4, 3000), share);
        Assert.Equal(3, share.Threads);
    }

    [Fact]
    public void A_group_that_is_mounted_from_within_the_hierarchy_is_found_below_it()
    {
        ProcessorShare share = Read(
            "2-3", "0::/docker/1234/inner",
            SecondMount.Replace("0:26 / ", "0:26 /docker/1234 ", StringComparison.Ordinal),
            ("/sys/fs/cgroup/inner/cpu.max", "50000 100000"));
        Assert.Equal(new ProcessorShare(2, 500), share);
        Assert.Equal(1, share.Threads);
    }

    [Theory]
    [InlineData("0-3", 4)]
    [InlineData("0", 1)]
    [InlineData("1,3-5,9", 5)]
    [InlineData("", 0)]
    [InlineData("0-", 0)]
    [InlineData("x", 0)]
    [InlineData("5-2", 0)]
    public void Processors_are_counted_from_their_list(string list, int count) =>
        Assert.Equal(count, ProcessorShare.CountAllowed(list));

    [Theory]
    [InlineData("")]
    [InlineData("max")]
    [InlineData("0 0")]
    [InlineData("-5 100000")]
    [InlineData("junk 100000")]
    public void What_cannot_be_read_does_not_bound(string quota)
    {
        Assert.Equal(
            new ProcessorShare(2, 0), Read("0-1", "0::/", SecondMount, ("/sys/fs/cgroup/cpu.max", quota)));
        Assert.Equal(default, ProcessorShare.Read(static _ => null));
        Assert.Equal(0, default(ProcessorShare).Threads);
        Assert.Equal(default, ProcessorShare.Read(static path => "\0 : - / - cgroup2\n" + path));
    }

    [Fact]
    public void This_process_may_use_no_more_than_the_machine_has()
    {
        ProcessorShare share = ProcessorShare.Read(
            static path => File.Exists(path) ? File.ReadAllText(path) : null);
        Assert.InRange(share.Processors, 1, 4096);
        Assert.InRange(share.Threads, 1, share.Processors);
    }

    private static ProcessorShare Read(
        string list, string groups, string mounts, params (string Path, string Text)[] files)
    {
        Dictionary<string, string> all = files.ToDictionary(static file => file.Path, static file => file.Text);
        all["/proc/self/status"] = $"Name:\tkedge-serve\nCpus_allowed:\tff\nCpus_allowed_list:\t{list}\nMems:\t1\n";
        all["/proc/self/cgroup"] = groups + "\n";
        all["/proc/self/mountinfo"] = "22 1 0:20 / /proc rw - proc proc rw\n" + mounts + "\n";
        return ProcessorShare.Read(path => all.GetValueOrDefault(path));
    }
}
