using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Agent.Tests.Loop;

/// <summary>Content comes no faster than the deployment says.</summary>
public sealed class FetchPaceTests
{
    private const long Pace = 64 * Limits.KiB;

    [Fact]
    public void However_pieces_come_no_stretch_of_time_has_more_than_its_pace_and_one_piece()
    {
        for (ulong seed = 1; seed <= 500; seed++)
        {
            Rng rng = new(seed);
            long rate = Limits.FetchBytesPerSecondMin + rng.Below(10_000_000);
            FetchPace pace = new();
            TimeSpan now = TimeSpan.FromSeconds(rng.Below(1000));
            List<(TimeSpan At, long Bytes)> came = [];
            for (int i = 0; i < 100; i++)
            {
                now += TimeSpan.FromMilliseconds(rng.Below(3) == 0 ? rng.Below(20_000) : 0);
                now += pace.Wait(now);
                long bytes = rng.Below(Limits.ChunkBytesMax);
                pace.Pay(now, bytes, rate);
                came.Add((now, bytes));
            }

            Holds(came, rate);
        }
    }

    [Fact]
    public void A_release_is_fetched_at_its_pace_and_no_slower()
    {
        using TestDevice device = new();
        List<(TimeSpan At, long Bytes)> came = Watch(device);
        device.Start();
        byte[] model = Model(2 * Limits.MiB);
        WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", model));
        device.Want(1, spec with { FetchBytesPerSecond = Pace });
        device.Pass(TimeSpan.FromSeconds(model.Length / Pace / 2));
        Assert.Equal(WorkloadPhase.Fetching, device.Workload("bearing").Phase);
        device.Pass(TimeSpan.FromSeconds((model.Length / Pace / 2) + 10));

        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Equal(model.Length, device.Fleet.Source.Given["OneChunk"]);
        Holds(came, Pace);
    }

    [Fact]
    public void What_comes_again_after_a_break_pays_too()
    {
        using TestDevice device = new();
        List<(TimeSpan At, long Bytes)> came = Watch(device);
        int asked = 0;
        device.Fleet.Source.BreakAfter = _ => ++asked % 3 == 0 ? 10_000 : long.MaxValue / 2;
        device.Start();
        WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", Model(Limits.MiB)));
        device.Want(1, spec with { FetchBytesPerSecond = Pace });
        device.Pass(TimeSpan.FromMinutes(20));
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Holds(came, Pace);
    }

    [Fact]
    public void The_smaller_of_what_release_and_device_allow_counts()
    {
        foreach ((long release, long own) in new[] { (Pace, 4 * Pace), (4 * Pace, Pace), (0, Pace) })
        {
            using TestDevice device = new();
            List<(TimeSpan At, long Bytes)> came = Watch(device);
            device.Start(options: new AgentOptions { Bandwidth = new BandwidthRule(own, []) });
            byte[] model = Model(Limits.MiB);
            WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", model));
            device.Want(1, spec with { FetchBytesPerSecond = release });
            device.Pass(TimeSpan.FromSeconds((model.Length / Pace) + 10));
            Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
            Holds(came, Pace);
        }
    }

    [Fact]
    public void Without_a_limit_nothing_waits()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(
            1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", Model(2 * Limits.MiB))));
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
    }

    /// <summary>When each piece of content came, and its size.</summary>
    private static List<(TimeSpan At, long Bytes)> Watch(TestDevice device)
    {
        List<(TimeSpan At, long Bytes)> came = [];
        device.Fleet.Source.OnPiece = bytes => came.Add((device.Time.Elapsed, bytes));
        return came;
    }

    private static void Holds(List<(TimeSpan At, long Bytes)> came, long rate)
    {
        for (int from = 0; from < came.Count; from++)
        {
            double bytes = 0;
            for (int to = from; to < came.Count; to++)
            {
                double allowed = (came[to].At - came[from].At).TotalSeconds * rate;
                Assert.True(bytes <= allowed + 1, $"{bytes} bytes before {came[to].At}, {allowed} may be");
                bytes += came[to].Bytes;
            }
        }
    }

    private static byte[] Model(int bytes)
    {
        byte[] model = new byte[bytes];
        new Random(1).NextBytes(model);
        return model;
    }
}
