using System.Collections.Immutable;
using Kedge.Agent.Commands;
using Kedge.Agent.Metrics;
using Kedge.Agent.State;
using Kedge.Agent.Tests.Identity;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Tests.Support.Devices;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Loop;

/// <summary>Maintenance windows and holds, from the desired state and the command to what is reported.</summary>
public sealed class HoldTests
{
    private static readonly byte[] ModelOne = "the first model"u8.ToArray();
    private static readonly byte[] ModelTwo = "the second model"u8.ToArray();

    /// <summary>Two hours ahead of UTC; the tests' clock starts at midnight UTC on a Thursday.</summary>
    private static readonly AgentOptions InRome = new() { OffsetOf = static _ => TimeSpan.FromHours(2) };

    private static readonly ImmutableArray<MaintenanceWindow> Nightly =
        [new MaintenanceWindow(MaintenanceWindow.EveryDay, 22 * 60, 4 * 60)];

    private static readonly ImmutableArray<MaintenanceWindow> Afternoon =
        [new MaintenanceWindow(MaintenanceWindow.EveryDay, 14 * 60, 15 * 60)];

    [Fact]
    public void A_release_is_fetched_at_once_and_swapped_when_the_window_opens_without_a_link()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, InRome, Afternoon);
        int asked = device.Fleet.Source.Asked.Count;
        device.Want(2, next);

        Assert.True(device.Fleet.Source.Asked.Count > asked);
        Assert.Equal(1, Serving(device));
        Kedge.Wire.Reported.WorkloadStatus status = device.LastStatus!.Workloads.Single();
        Assert.Equal("waiting", status.Phase);
        Assert.Equal("KEDGE-DEVICE-004", status.Problem?.Code);
        Assert.Equal("outside its maintenance windows until 2026-01-01T14:00+02:00", status.Problem?.Message);
        Assert.False(device.LastStatus.Settled);
        Assert.Contains("ChangeHeld", device.Reasons);

        device.Link.Refusal = MemoryLink.Unreachable;
        device.Link.Cut("the link is gone");
        device.Fleet.Source.IsAway = true;
        device.Pass(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1) - device.Time.Elapsed);
        Assert.Equal(1, Serving(device));
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(2, Serving(device));
        Assert.Null(device.Workload("bearing").Problem);
    }

    [Fact]
    public void Inside_its_window_a_release_is_swapped_at_once()
    {
        using TestDevice device = new();
        device.Want(2, Begin(device, InRome, Nightly)); // It is two in the morning.
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void A_window_is_kept_over_a_restart_of_the_agent_and_opens_by_itself()
    {
        using TestDevice device = new();
        device.Want(2, Begin(device, InRome, Afternoon));
        device.Kill();
        device.Wanted = null;
        device.Start(options: InRome);
        device.Run();
        Assert.Equal(1, Serving(device));
        Assert.Equal("KEDGE-DEVICE-004", device.Workload("bearing").Problem?.Code);

        device.Pass(TimeSpan.FromHours(12));
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void A_window_that_is_taken_away_holds_nothing_any_more()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, InRome, Afternoon);
        device.Want(2, next);
        Assert.Equal(1, Serving(device));
        device.Want(3, next with { Windows = [], Revision = 3 });
        Assert.Equal(3, Serving(device));
    }

    [Fact]
    public void A_clock_that_is_set_opens_the_window_that_it_shows()
    {
        using TestDevice device = new();
        device.Want(2, Begin(device, InRome, Afternoon));
        device.Time.WallStart += TimeSpan.FromHours(12);
        device.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(2, Serving(device));
    }

    [Theory]
    [InlineData(-20_000)]
    [InlineData(800)]
    public void A_clock_that_cannot_be_right_opens_no_window(int days)
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, InRome, Afternoon);
        device.Time.WallStart += TimeSpan.FromDays(days) + TimeSpan.FromHours(12);
        device.Want(2, next);
        device.Pass(TimeSpan.FromDays(2));
        Assert.Equal(1, Serving(device));
        Kedge.Core.Device.Problem problem = device.Workload("bearing").Problem!;
        Assert.Equal("KEDGE-DEVICE-004", problem.Code);
        Assert.Contains("cannot be right", problem.Message, StringComparison.Ordinal);

        device.Time.WallStart -= TimeSpan.FromDays(days) + TimeSpan.FromDays(2);
        device.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void A_crash_outside_the_window_is_mended_at_once()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, InRome, Afternoon);
        device.Pass(TimeSpan.FromMinutes(1));
        device.Want(2, next);
        device.Supervisor.Crash(device.Supervisor.Accepting.Single());
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, Serving(device));
        Assert.Equal("KEDGE-DEVICE-004", device.Workload("bearing").Problem?.Code);
    }

    [Fact]
    public async Task A_held_device_keeps_what_serves_until_it_is_released()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, new AgentOptions(), []);
        await Held(device, device.Agent!.HoldAsync("in motion", null));
        device.Want(2, next);
        Assert.Equal(1, Serving(device));
        Assert.Equal("waiting", device.LastStatus?.Workloads.Single().Phase);
        Assert.Equal(
            new Kedge.Wire.Reported.ProblemMessage("KEDGE-DEVICE-003", "held by this device: in motion"),
            device.LastStatus?.Workloads.Single().Problem);
        Assert.Equal("held by this device: in motion", device.Agent.Snapshot.Held?.Message);
        Assert.Contains("DeviceHeld", device.Reasons);

        device.Want(3);
        Assert.Equal(1, Serving(device));
        device.Kill();
        device.Start();
        device.Pass(TimeSpan.FromDays(3));
        Assert.Equal(1, Serving(device));
        Assert.Single(device.Supervisor.Started);

        await Held(device, device.Agent!.ReleaseAsync());
        device.Run();
        Assert.Empty(device.Agent.State.Workloads);
        Assert.Null(device.Agent.Snapshot.Held);
        Assert.Contains("DeviceReleased", device.Reasons);
    }

    [Fact]
    public async Task A_hold_ends_when_its_time_is_over()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, InRome, []);
        await Held(device, device.Agent!.HoldAsync("", TimeSpan.FromHours(2)));
        device.Want(2, next);
        Assert.Equal(
            "held by this device until 2026-01-01T04:00+02:00", device.LastStatus?.Workloads.Single().Problem?.Message);
        device.Pass(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Assert.Equal(1, Serving(device));
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Serving(device));
        Assert.Null(device.Agent.Snapshot.Held);
        Assert.False(HoldFile.Open(device.Disk).IsHeld);
    }

    [Fact]
    public async Task A_hold_that_cannot_be_saved_is_refused()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, new AgentOptions(), []);
        device.Disk.FaultAt = static path =>
            path.StartsWith("state/hold", StringComparison.Ordinal) ? DiskFault.Full : DiskFault.Unknown;
        Task<Finding?> hold = device.Agent!.HoldAsync("in motion", null);
        device.Run();
        Assert.NotNull(await hold);
        device.Want(2, next);
        Assert.Equal(2, Serving(device));
    }

    [Fact]
    public void A_hold_is_whole_after_any_cut_and_counts_where_it_cannot_be_read()
    {
        for (long at = 1; at < 40; at++)
        {
            MemoryDisk disk = new();
            Rng rng = new((ulong)at);
            bool isSet = false;
            try
            {
                HoldFile file = HoldFile.Open(new CuttingDisk(disk, at, rng));
                isSet = file.Set(true, "one", 0) is null;
                _ = file.Set(true, "two", 7);
            }
            catch (PowerCutException)
            {
                // What is on the disk now is what the next start finds.
            }

            HoldFile read = HoldFile.Open(disk);
            Assert.True(read.IsHeld || !isSet, $"cut at {at}");
            Assert.Contains(read.Reason, isSet ? ["one", "two"] : new[] { "", "one" });
        }

        MemoryDisk damaged = new();
        Assert.Null(HoldFile.Open(damaged).Set(false, "", 0));
        using (IDiskFile file = damaged.Open("state/hold", DiskOpening.Create))
        {
            file.Write("nothing of ours"u8.ToArray());
        }

        Assert.True(HoldFile.Open(damaged).IsHeld);
    }

    [Fact]
    public async Task The_commands_hold_and_release_a_device_whether_its_agent_runs_or_not()
    {
        using TestDevice device = new();
        WorkloadSpec next = Begin(device, new AgentOptions(), []);
        DirectoryInfo data = Directory.CreateTempSubdirectory("kedge-hold-");
        try
        {
            using TestAuthority authority = new();
            DataFolder folder = new(data.FullName);
            LocalAnswers answers = new(
                device.Agent!,
                authority.Enrol(device.Disk, device.Fleet.Identity, device.Time.GetUtcNow(), TimeSpan.FromDays(90)),
                folder, new AgentOptions(), TimeProvider.System);
            await using (LocalServer server = new(
                folder.Socket, 0, answers.AnswerAsync, new AgentLog(null, TimeProvider.System)))
            {
                server.Start();
                await Command(device, "hold", "--data", data.FullName, "--reason", "in motion & on stage", "--for=2h");
                Assert.StartsWith(
                    "held by this device until 2026-01-01T02:00", device.Agent!.Snapshot.Held?.Message,
                    StringComparison.Ordinal);
                Assert.EndsWith(
                    ": in motion & on stage", device.Agent.Snapshot.Held?.Message, StringComparison.Ordinal);
                device.Want(2, next);
                Assert.Equal(1, Serving(device));
                await Command(device, "release", "--data", data.FullName);
                device.Run();
                Assert.Equal(2, Serving(device));
            }

            await Command(device, "hold", "--data", data.FullName);
            Assert.True(HoldFile.Open(folder.Disk).IsHeld);
            await Command(device, "release", "--data", data.FullName);
            Assert.False(HoldFile.Open(folder.Disk).IsHeld);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("--for", "soon")]
    [InlineData("--for", "0s")]
    [InlineData("--for", "2000d")]
    [InlineData("--reason", "two\nlines")]
    public async Task What_is_no_hold_is_refused(string option, string value)
    {
        using TestDevice device = new();
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            () => Command(device, "hold", "--data", Path.GetTempPath(), option, value));
        Assert.Equal(AgentErrors.Usage.Code, refused.Finding.Code);
    }

    /// <summary>Serves one revision and makes the next, both with these windows.</summary>
    private static WorkloadSpec Begin(
        TestDevice device, AgentOptions options, ImmutableArray<MaintenanceWindow> windows)
    {
        device.Start(options: options);
        WorkloadSpec one = TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelOne));
        device.Want(1, one with { Windows = windows });
        Assert.Equal(1, Serving(device));
        return TestFleet.Workload("bearing", device.Fleet.Package("bearing", ModelTwo), revision: 2) with
        {
            Windows = windows,
        };
    }

    private static long? Serving(TestDevice device) => device.Workload("bearing").Current?.Spec.Revision;

    private static async Task Held(TestDevice device, Task<Finding?> told)
    {
        device.Run();
        Assert.Null(await told);
    }

    /// <summary>Runs a command while the agent's loop turns.</summary>
    private static async Task Command(TestDevice device, params string[] args)
    {
        Dictionary<string, IReadOnlyList<string>> options = new(StringComparer.Ordinal)
        {
            ["hold"] = ["--data", "--reason", "--for"],
            ["release"] = ["--data"],
        };
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        Task<int> command = HoldCommand.RunAsync(Arguments.Parse(args, options), device.Time, deadline.Token);
        while (!command.IsCompleted && device.Agent is not null)
        {
            device.Run();
            await Task.Yield();
        }

        Assert.Equal(ExitCodes.Done, await command);
    }
}
