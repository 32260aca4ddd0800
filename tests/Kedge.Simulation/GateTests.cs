using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;
using Xunit.Abstractions;

namespace Kedge.Simulation;

/// <summary>
/// How often gates are wrong, on the gate alone, over tens of thousands of seeds: a release that just keeps a limit is
/// looked at again and again, and is condemned no more often than is promised; one that breaks it is found soon.
/// </summary>
public sealed class GateTests(ITestOutputHelper output)
{
    private const int Looks = 24;
    private const int OldAnswers = 6_000;
    private const int SeedsOfBadReleases = 2_000;
    private static readonly DeploymentId Name = new("bearing");
    private static readonly ErrorGate AtMostTwoPercent = new(20_000, null, 50);
    private static readonly ErrorGate NoIncrease = new(null, 0, 50);
    private static readonly LatencyGate NotSlower = new(990, null, 1_000, 100);
    private static readonly LatencyGate HalfAsLongAgain = new(990, null, 1_500, 100);

    private static int Seeds => Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? 2_000 : 20_000;

    [Fact]
    public void A_release_that_keeps_a_limit_of_errors_is_hardly_ever_condemned() =>
        HardlyEver("errors at the limit", new GatesSpec { Errors = AtMostTwoPercent }, 0.02, 0.02, 0);

    [Fact]
    public void A_release_with_as_many_errors_as_the_old_one_is_hardly_ever_condemned() =>
        HardlyEver("errors as before", new GatesSpec { Errors = NoIncrease }, 0.02, 0.02, 0);

    [Fact]
    public void A_release_that_is_as_fast_as_the_old_one_is_hardly_ever_condemned() =>
        HardlyEver("as fast as before", new GatesSpec { Latency = [NotSlower] }, 0, 0, 1);

    [Fact]
    public void Three_times_the_errors_that_may_be_are_found_within_two_thousand_answers() =>
        NearlyAlways("three times the errors", new GatesSpec { Errors = AtMostTwoPercent }, 0.06, 0.02, 0);

    [Fact]
    public void Two_and_a_half_times_as_long_is_found_within_two_thousand_answers() =>
        NearlyAlways("two and a half times as long", new GatesSpec { Latency = [HalfAsLongAgain] }, 0, 0, 2.5);

    [Fact]
    public void A_release_whose_values_are_spread_as_the_reference_is_hardly_ever_condemned() =>
        HardlyEverDrifts("as the reference, of 30 samples", samples: 30, moved: 0, permille: 10);

    [Fact]
    public void A_release_that_has_moved_as_far_as_it_may_is_hardly_ever_condemned() =>
        HardlyEverDrifts("as far as may be, of 300 samples", samples: 300, moved: 0.4, permille: 160);

    [Fact]
    public void Values_one_deviation_away_are_found_within_fifteen_hundred_requests() => NearlyAlwaysDrifts(moved: 1);

    private void HardlyEverDrifts(string what, int samples, double moved, int permille)
    {
        int seeds = Seeds / 4;
        int alarms = Drifting.Alarms(seeds, samples, moved, permille, out double index);
        double expected = seeds * HealthGate.FalseAlarmMax;
        output.WriteLine($"{what}: {alarms} of {seeds} seeds condemned, {expected} may be; mean index {index:0.000}");
        Assert.InRange(alarms, 0, expected + (4 * Math.Sqrt(expected)));
    }

    private void NearlyAlwaysDrifts(double moved)
    {
        int alarms = Drifting.Alarms(SeedsOfBadReleases / 4, 1_000, moved, 250, out double index);
        const int Releases = SeedsOfBadReleases / 4;
        output.WriteLine($"one deviation away: {alarms} of {Releases} seeds found; mean index {index:0.000}");
        Assert.InRange(alarms, Releases * 0.99, Releases);
    }

    private void HardlyEver(string what, GatesSpec gates, double errors, double errorsBefore, double slower)
    {
        int alarms = Alarms(Seeds, gates, errors, errorsBefore, slower);
        double expected = Seeds * HealthGate.FalseAlarmMax;
        output.WriteLine($"{what}: {alarms} of {Seeds} seeds condemned, {expected} may be");

        // Four standard deviations above the bound: less than one wrong verdict in ten thousand on a gate at the bound.
        Assert.InRange(alarms, 0, expected + (4 * Math.Sqrt(expected)));
    }

    private void NearlyAlways(string what, GatesSpec gates, double errors, double errorsBefore, double slower)
    {
        int alarms = Alarms(SeedsOfBadReleases, gates, errors, errorsBefore, slower);
        output.WriteLine($"{what}: {alarms} of {SeedsOfBadReleases} seeds found");
        Assert.InRange(alarms, SeedsOfBadReleases * 0.99, SeedsOfBadReleases);
    }

    private static int Alarms(int seeds, GatesSpec gates, double errors, double errorsBefore, double slower)
    {
        int alarms = 0;
        EverySeed.Run(seeds, seed =>
        {
            if (IsCondemned(gates, new Rng((ulong)seed), errors, errorsBefore, slower))
            {
                Interlocked.Increment(ref alarms);
            }
        });
        return alarms;
    }

    /// <summary>Looks 24 times while 5 answers become 2,000.</summary>
    private static bool IsCondemned(GatesSpec gates, Rng rng, double errors, double errorsBefore, double slower)
    {
        RolloutMember unchanged =
            Member("other", 1, [Window(1, Sample.Of(rng, OldAnswers, errorsBefore, Math.Min(slower, 1)))]);
        FigureWindow before = Window(1, Sample.Of(rng, OldAnswers, errorsBefore, Math.Min(slower, 1)));
        Sample trial = new();
        double goal = 5;
        for (int look = 0; look < Looks; look++)
        {
            goal *= 1.29;
            trial.Add(rng, (int)goal - (int)trial.Requests, errors, slower);
            RolloutMember exposed = Member("canary", 2, [before, Window(2, trial)]);
            if (HealthGate.Read(gates, [exposed, unchanged], 2, 0)[0].Standing == GateStanding.Failed)
            {
                return true;
            }
        }

        return false;
    }

    private static RolloutMember Member(string device, long revision, ImmutableArray<FigureWindow> figures) => new()
    {
        Device = new DeviceId(device),
        Labels = LabelRules.None,
        Online = true,
        Held = revision,
        Release = ReleaseOf(revision),
        Standing = MemberStanding.Serving,
        Answers = true,
        Figures = figures,
    };

    private static FigureWindow Window(long revision, Sample sample) => new()
    {
        Instance = new InstanceId(Name, revision),
        Release = ReleaseOf(revision),
        FromMs = 1,
        HeardMs = 1,
        Requests = sample.Requests,
        Failures = sample.Failures,
        Latency = LatencySketch.Of(sample.Latency),
    };

    private static Digest ReleaseOf(long revision) => Digest.Of([(byte)revision]);

    /// <summary>
    /// Answers whose times are spread log-normally about 10 ms, as those of real servers are; without times where they
    /// are no matter.
    /// </summary>
    private sealed class Sample
    {
        public long Requests { get; private set; }

        public long Failures { get; private set; }

        public long[] Latency { get; } = new long[LatencySketch.Buckets];

        public static Sample Of(Rng rng, int requests, double errors, double slower)
        {
            Sample sample = new();
            sample.Add(rng, requests, errors, slower);
            return sample;
        }

        public void Add(Rng rng, int requests, double errors, double slower)
        {
            for (int i = 0; i < requests; i++)
            {
                Requests++;
                if (rng.Fraction() < errors)
                {
                    Failures++;
                    continue;
                }

                if (slower == 0)
                {
                    continue;
                }

                // Box and Muller, 1958.
                double normal = Math.Sqrt(-2 * Math.Log(1 - rng.Fraction())) * Math.Cos(2 * Math.PI * rng.Fraction());
                Latency[LatencySketch.BucketOf(10_000 * slower * Math.Exp(normal * 0.3))]++;
            }
        }
    }
}
