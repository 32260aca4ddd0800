using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;

namespace Kedge.Agent.Tests.Sandbox;

public sealed class InstanceLogsTests : IDisposable
{
    private static readonly DeploymentId Bearing = new("bearing");
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-logs-").FullName;
    private readonly InstanceLogs _logs;

    public InstanceLogsTests() => _logs = new InstanceLogs(_folder);

    [Fact]
    public void A_workload_that_never_ran_has_no_log()
    {
        Make(new InstanceId(new DeploymentId("bearing-2"), 4), "other\n");
        Assert.IsType<LogOutcome.Missing>(_logs.Read(Bearing, 10));
    }

    [Fact]
    public void The_rotated_file_comes_before_the_file_and_the_last_lines_win()
    {
        InstancePaths paths = Make(new InstanceId(Bearing, 9), "three\nfour");
        Make(new InstanceId(Bearing, 2), "of an older instance\n");
        File.WriteAllText(paths.Log + ".1", "one\ntwo\n");
        Assert.Equal("two\nthree\nfour\n", Read(3));
        Assert.Equal("four\n", Read(1));
        Assert.Equal("one\ntwo\nthree\nfour\n", Read(10_000));
    }

    [Fact]
    public void After_a_crash_the_log_and_the_last_words_are_still_there_and_come_before_those_of_the_next()
    {
        InstancePaths paths = Make(new InstanceId(Bearing, 1), "served\n");
        File.WriteAllText(paths.Output, "Aborted\n");
        _logs.Keep(paths);
        Directory.Delete(paths.Folder, recursive: true);
        Assert.Equal("served\nAborted\n", Read(10));

        Make(new InstanceId(Bearing, 2), "started again\n");
        Assert.Equal("served\nAborted\nstarted again\n", Read(10));
    }

    [Fact]
    public void Logs_of_ended_instances_are_bounded_in_number_and_size()
    {
        for (int i = 1; i <= AgentLimits.LastLogsMax + 5; i++)
        {
            _logs.Keep(Make(new InstanceId(new DeploymentId($"w{i}"), i), new string('x', 100_000) + "\nend\n"));
        }

        FileInfo[] kept = new DirectoryInfo(Path.Combine(_folder, "last")).GetFiles();
        Assert.Equal(AgentLimits.LastLogsMax, kept.Length);
        Assert.All(kept, f => Assert.InRange(f.Length, 1, AgentLimits.LogTailBytesMax));
    }

    [Fact]
    public void A_link_a_folder_or_a_pipe_in_place_of_the_log_is_not_read()
    {
        string secret = Path.Combine(_folder, "secret");
        File.WriteAllText(secret, "secret\n");
        InstancePaths paths = Make(new InstanceId(Bearing, 1), "");
        File.Delete(paths.Log);
        File.CreateSymbolicLink(paths.Log, secret);
        AssertUnreadable(paths);

        File.Delete(paths.Log);
        Directory.CreateDirectory(paths.Log);
        AssertUnreadable(paths);

        Directory.Delete(paths.Log);
        using (System.Diagnostics.Process pipe = System.Diagnostics.Process.Start("mkfifo", [paths.Log]))
        {
            pipe.WaitForExit();
        }

        AssertUnreadable(paths);
    }

    [Fact]
    public void Of_a_long_log_whole_lines_at_the_end_are_read()
    {
        string[] lines = [.. Enumerable.Range(0, 30_000).Select(static i => $"line {i}")];
        Make(new InstanceId(Bearing, 1), string.Join('\n', lines) + "\n");
        string[] read = Read(10_000).TrimEnd('\n').Split('\n');
        Assert.InRange(read.Length, 1000, 10_000);
        Assert.Equal(lines[^read.Length..], read);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void AssertUnreadable(InstancePaths paths)
    {
        LogOutcome.Failed failed = Assert.IsType<LogOutcome.Failed>(_logs.Read(Bearing, 10));
        Assert.Equal(AgentErrors.LogUnreadable.Code, failed.Problem.Code);
        _logs.Keep(paths);
        Assert.False(File.Exists(Path.Combine(_folder, "last", "bearing.log")));
    }

    private string Read(int lines) => Assert.IsType<LogOutcome.Read>(_logs.Read(Bearing, lines)).Text;

    private InstancePaths Make(InstanceId id, string log)
    {
        InstancePaths paths = new(_folder, id);
        Directory.CreateDirectory(paths.Shared);
        File.WriteAllText(paths.Log, log);
        return paths;
    }
}
