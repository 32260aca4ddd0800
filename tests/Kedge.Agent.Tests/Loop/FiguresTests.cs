using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Tests.Support.Devices;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Tests.Loop;

public sealed class FiguresTests
{
    private static readonly DeploymentId Bearing = new("bearing");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Requests_are_told_within_a_second_while_an_instance_is_new()
    {
        using Counting device = new();
        device.Serve(1);
        Assert.Empty(device.Told);

        device.Count(device.Serving, requests: 10, failures: 1);
        device.Pass(Second);

        FigureWindow window = Assert.Single(device.Told);
        Assert.Equal((device.Serving, 10, 1), (window.Instance, window.Requests, window.Failures));
        Assert.Equal(9, window.Latency.Total);
        Assert.Equal(device.Release, window.Release);
        Assert.Equal((2, 1000), (window.Readings, window.ForMs));
        Assert.Equal(5 * Limits.MiB, window.MemoryLowBytes);
    }

    [Fact]
    public void What_was_counted_before_it_served_is_not_told()
    {
        using Counting device = new();
        device.Golden = 3;
        device.Serve(1);
        device.Count(device.Serving, requests: 4);
        device.Pass(Second);
        Assert.Equal(4, Assert.Single(device.Told).Requests);
    }

    [Fact]
    public void An_idle_device_tells_one_window_each_time_one_closes()
    {
        using Counting device = new();
        device.Serve(1);
        device.Pass(TimeSpan.FromMinutes(60));
        Assert.Equal(12, device.Told.Count);
        Assert.All(device.Told, w => Assert.Equal((0, 300_000), (w.Requests, w.ForMs)));
        Assert.Equal(12, device.Told.Select(static w => w.FromMs).Distinct().Count());
        Assert.All(device.Told, w => Assert.InRange(w.Readings, 20, 301));
        int bytes = device.Messages.Sum(static m => m.Length);
        Assert.InRange(bytes / 60, 1, 100); // A minute.
    }

    [Fact]
    public void After_the_trial_an_instance_is_asked_four_times_a_minute()
    {
        using Counting device = new();
        device.Serve(1);
        device.Pass(AgentLimits.FiguresTrial);
        device.Asked = 0;
        device.Pass(TimeSpan.FromMinutes(2));
        Assert.InRange(device.Asked, 8, 10);
    }

    [Fact]
    public void A_window_closes_when_it_has_lasted_as_long_as_the_deployment_says()
    {
        using Counting device = new();
        device.Serve(1, window: TimeSpan.FromSeconds(20));
        for (int i = 0; i < 45; i++)
        {
            device.Count(device.Serving, requests: 1);
            device.Pass(Second);
        }

        FigureWindow[] windows = device.Newest;
        Assert.Equal([20_000, 20_000, 5_000], windows.Select(static w => w.ForMs));
        Assert.Equal(45, windows.Sum(static w => w.Requests));
        Assert.Equal(45, windows.Sum(static w => w.Latency.Total));
    }

    [Fact]
    public void Memory_alone_is_not_worth_a_message_and_the_least_reading_counts()
    {
        using Counting device = new();
        device.Serve(1, window: TimeSpan.FromMinutes(1));
        foreach (int mebibytes in (int[])[9, 7, 12])
        {
            device.Memory = mebibytes * Limits.MiB;
            device.Pass(Second);
        }

        Assert.Empty(device.Told);
        device.Memory = 8 * Limits.MiB;
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(5 * Limits.MiB, Assert.Single(device.Told).MemoryLowBytes);
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(8 * Limits.MiB, device.Told[^1].MemoryLowBytes);
    }

    [Fact]
    public void The_coolest_reading_of_a_window_is_told_and_none_where_nothing_can_be_read()
    {
        using Counting device = new();
        device.Serve(1, window: TimeSpan.FromMinutes(1));
        foreach (int degrees in (int[])[71, -4, 90])
        {
            device.Heat = degrees * 1000;
            device.Pass(Second);
        }

        device.Heat = InstanceFigures.NoHeat;
        device.Pass(TimeSpan.FromMinutes(1));
        FigureWindow window = Assert.Single(device.Told);
        Assert.Equal(-4_000, window.HeatLowMilliCelsius);
        Assert.InRange(window.HeatReadings, 1, window.Readings - 1);
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((0, 0), (device.Told[^1].HeatReadings, device.Told[^1].HeatLowMilliCelsius));
    }

    [Fact]
    public void Values_are_told_as_what_came_since_the_window_opened()
    {
        using Counting device = new();
        device.Values = "5:0,5,1,0";
        device.Serve(1, window: TimeSpan.FromSeconds(10));
        device.Values = "9:1,7,2,0";
        device.Count(device.Serving, requests: 10);
        device.Pass(Second);
        Assert.Equal("4:1,2,1,0", Assert.Single(device.Told).Values.Text);
        device.Pass(TimeSpan.FromSeconds(10));
        device.Values = "no counts";
        device.Count(device.Serving, requests: 10);
        device.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal((10, ""), (device.Told[^1].Requests, device.Told[^1].Values.Text));
    }

    [Fact]
    public void A_swap_closes_the_window_of_the_old_release_with_a_last_reading_and_tells_both()
    {
        using Counting device = new();
        device.Supervisor.DrainsAtOnce = false;
        device.Serve(1);
        InstanceId old = device.Serving;
        Digest before = device.Release;
        device.Count(old, requests: 5);
        device.Pass(Second);
        device.Count(old, requests: 2);

        device.Serve(2);
        device.Count(device.Serving, requests: 3);
        device.Pass(Second);

        FigureWindow[] windows = device.Newest;
        Assert.Equal([(before, 7), (device.Release, 3)], windows.Select(static w => (w.Release, (int)w.Requests)));
        Assert.NotEqual(old, device.Serving);
        Assert.All(windows, static w => Assert.Equal(0, w.Restarts));

        // The old one is not asked any more, though it still drains.
        device.Count(old, requests: 50);
        device.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(7, device.Newest.Single(w => w.Instance == old).Requests);
    }

    [Fact]
    public void Where_the_old_instance_does_not_answer_any_more_what_was_read_last_stands()
    {
        using Counting device = new();
        device.Serve(1);
        InstanceId old = device.Serving;
        device.Count(old, requests: 5);
        device.Pass(Second);
        device.Count(old, requests: 2);
        device.Serve(2);
        device.Pass(Second);
        Assert.Equal(5, device.Newest.Single(w => w.Instance == old).Requests);
    }

    [Fact]
    public void Each_process_that_ended_by_itself_is_one_more_restart_in_the_windows_of_the_next()
    {
        using Counting device = new();
        device.Serve(1);
        device.Count(device.Serving, requests: 5);
        device.Pass(Second);
        for (int i = 0; i < 2; i++)
        {
            device.Supervisor.Crash(device.Serving);
            device.Pass(TimeSpan.FromSeconds(40));
            Assert.Equal((i + 1, 0), (device.Told[^1].Restarts, device.Told[^1].Requests));
            Assert.Equal(device.Serving, device.Told[^1].Instance);
        }

        Assert.Equal([0, 1, 2], device.Newest.Select(static w => w.Restarts));
        device.Serve(2);
        device.Pass(TimeSpan.FromMinutes(6));
        Assert.Equal(0, device.Told[^1].Restarts);
    }

    [Fact]
    public void Nobody_is_asked_while_the_link_is_down_and_nothing_is_lost_when_it_is_back()
    {
        using Counting device = new();
        device.Serve(1);
        device.Count(device.Serving, requests: 1);
        device.Pass(Second);
        device.Link.Refusal = MemoryLink.Unreachable;
        device.Link.Cut();
        device.Pass(Second);
        device.Asked = 0;
        device.Count(device.Serving, requests: 6);
        device.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, device.Asked);

        device.Link.Refusal = null;
        device.Messages.Clear();
        device.Pass(TimeSpan.FromMinutes(1));
        FigureWindow window = Assert.Single(device.Newest);
        Assert.Equal(7, window.Requests);
        Assert.InRange(window.ForMs, 120_000, 182_000);
    }

    [Fact]
    public void A_new_connection_is_told_everything_that_is_kept()
    {
        using Counting device = new();
        device.Serve(1, window: TimeSpan.FromSeconds(10));
        device.Count(device.Serving, requests: 1);
        device.Pass(TimeSpan.FromSeconds(31));
        device.Serve(2);
        device.Count(device.Serving, requests: 1);
        device.Pass(Second);
        FigureWindow[] kept = [.. device.Newest.TakeLast(3)];

        device.Messages.Clear();
        device.Link.Cut();
        device.Pass(Second);
        Assert.Equal(kept.Select(static w => w.FromMs), device.Newest.Select(static w => w.FromMs));
    }

    [Fact]
    public void One_message_at_a_time_is_on_its_way_and_the_next_carries_the_newest()
    {
        using Counting device = new();
        device.Serve(1);
        device.Link.HoldsAcks = true;
        for (int i = 0; i < 5; i++)
        {
            device.Count(device.Serving, requests: 1);
            device.Pass(Second);
        }

        Assert.Equal(1, Assert.Single(device.Told).Requests);
        device.Link.ReleaseAcks();
        device.Run();
        Assert.Equal([1, 5], device.Told.Select(static w => (int)w.Requests));
    }

    [Fact]
    public void An_answer_that_does_not_follow_from_the_one_before_counts_for_nothing()
    {
        using Counting device = new();
        device.Serve(1);
        device.Count(device.Serving, requests: 10);
        device.Pass(Second);
        foreach (InstanceFigures lie in (InstanceFigures[])
        [
            new(9, 0, Sketch(9), 1), new(20, 15, Sketch(20), 1), new(10, 11, Sketch(10), 1), new(10, 0, Sketch(12), 1),
        ])
        {
            device.Lie = lie;
            device.Pass(TimeSpan.FromSeconds(20));
        }

        device.Lie = null;
        device.Count(device.Serving, requests: 1);
        device.Pass(TimeSpan.FromSeconds(20));
        Assert.All(device.Told, static w => Assert.True(w.Latency.Total <= w.Requests && w.Failures <= w.Requests));
        Assert.Equal(11, device.Told[^1].Requests);
    }

    [Fact]
    public void A_model_server_that_does_not_count_is_let_alone()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", new byte[1000])));
        device.Pass(TimeSpan.FromMinutes(30));
        Assert.DoesNotContain(
            device.Link.Published, static p => p.Topic.EndsWith("/telemetry", StringComparison.Ordinal));
    }

    [Fact]
    public void A_clock_that_is_set_back_gives_no_two_windows_the_same_name()
    {
        using Counting device = new();
        device.Serve(1, window: TimeSpan.FromSeconds(10));
        device.Pass(TimeSpan.FromSeconds(5));
        device.Time.WallStart -= TimeSpan.FromSeconds(10);
        device.Pass(TimeSpan.FromSeconds(6));
        device.Time.WallStart -= TimeSpan.FromSeconds(20);
        device.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(device.Told.Count, device.Told.Select(static w => w.FromMs).Distinct().Count());
        Assert.True(device.Told.Count >= 3);
    }

    [Fact]
    public void An_adopted_instance_goes_on_in_a_window_of_its_own()
    {
        using Counting device = new();
        device.Serve(1);
        device.Count(device.Serving, requests: 5);
        device.Pass(Second);
        InstanceId instance = device.Serving;
        device.Kill();
        device.Messages.Clear();
        device.Start();
        device.Pass(Second);
        device.Count(instance, requests: 2);
        device.Pass(Second);
        FigureWindow window = Assert.Single(device.Newest);
        Assert.Equal((instance, 2, 0), (window.Instance, window.Requests, window.Restarts));
    }

    private static LatencySketch Sketch(long count)
    {
        long[] counts = new long[151];
        counts[150] = count;
        return LatencySketch.Of(counts);
    }

    /// <summary>A device whose instances count what the test says.</summary>
    private sealed class Counting : IDisposable
    {
        private readonly TestDevice _device = new();
        private readonly Dictionary<InstanceId, (long Requests, long Failures)> _counts = [];
        private long _generation;

        public Counting()
        {
            Supervisor.OnFigures = Answer;
            Link.OnPublished = (topic, payload) =>
            {
                if (topic.EndsWith("/" + Topics.Telemetry, StringComparison.Ordinal))
                {
                    Messages.Add(payload);
                }
            };
            Start();
        }

        public MemorySupervisor Supervisor => _device.Supervisor;

        public MemoryLink Link => _device.Link;

        public ManualTime Time => _device.Time;

        public List<byte[]> Messages { get; } = [];

        public long Memory { get; set; } = 5 * Limits.MiB;

        public string Values { get; set; } = "";

        public int Heat { get; set; } = InstanceFigures.NoHeat;

        public long Golden { get; set; }

        public int Asked { get; set; }

        public InstanceFigures? Lie { get; set; }

        public InstanceId Serving => _device.Workload("bearing").Current!.Id;

        public Digest Release => _device.Workload("bearing").Current!.Spec.Digest;

        /// <summary>Every window of every message, in order.</summary>
        public List<FigureWindow> Told =>
        [
            .. Messages.SelectMany(static m => FiguresFormat.TryRead(m, out _)!.Value.Windows),
        ];

        /// <summary>The last telling of each window, in the order in which they were first told.</summary>
        public FigureWindow[] Newest =>
            [.. Told.GroupBy(static w => (w.Instance, w.FromMs)).Select(static g => g.Last())];

        public void Start()
        {
            _device.Start();
            _device.Run();
        }

        public void Kill() => _device.Kill();

        public void Run() => _device.Run();

        public void Pass(TimeSpan time) => _device.Pass(time);

        public void Serve(long revision, TimeSpan? window = null)
        {
            byte[] model = new byte[1000];
            model[0] = (byte)revision;
            WorkloadSpec spec = TestFleet.Workload("bearing", _device.Fleet.Package("bearing", model), revision);
            _device.Want(++_generation, spec with { FigureWindow = window ?? Limits.FigureWindow });
            Assert.Equal(revision, _device.Workload("bearing").Current?.Spec.Revision);
        }

        public void Count(InstanceId instance, long requests, long failures = 0)
        {
            (long before, long failed) = _counts.GetValueOrDefault(instance);
            _counts[instance] = (before + requests, failed + failures);
        }

        public void Dispose() => _device.Dispose();

        private InstanceFigures? Answer(InstanceId instance)
        {
            Asked++;
            (long requests, long failures) = _counts.GetValueOrDefault(instance);
            return Lie ?? new InstanceFigures(
                Golden + requests, failures, Sketch(Golden + requests - failures), Memory)
            {
                HeatMilliCelsius = Heat,
                Values = ValueTally.Said(Values),
            };
        }
    }
}
