using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Simulation;

/// <summary>
/// Releases whose one input is spread normally, a new reference for each seed, looked at 24 times while ten requests
/// become 1,500; half of what a request holds is common to its two values.
/// </summary>
internal static class Drifting
{
    private const int Looks = 24;
    private const int ValuesPerRequest = 2;
    private static readonly DeploymentId Name = new("bearing");

    /// <summary>How many seeds are condemned.</summary>
    /// <param name="seeds">Of how many.</param>
    /// <param name="samples">Samples of the reference.</param>
    /// <param name="moved">How far live values have moved, in deviations.</param>
    /// <param name="permille">The limit, in thousandths.</param>
    /// <param name="index">The mean of the index at the last look.</param>
    public static int Alarms(int seeds, int samples, double moved, int permille, out double index)
    {
        int alarms = 0;
        long sum = 0;
        EverySeed.Run(seeds, seed =>
        {
            (bool isCondemned, double last) = Play(new Rng((ulong)seed), samples, moved, permille);
            _ = isCondemned ? Interlocked.Increment(ref alarms) : 0;
            _ = Interlocked.Add(ref sum, (long)(last * 1e6));
        });
        index = sum / 1e6 / seeds;
        return alarms;
    }

    private static (bool IsCondemned, double Index) Play(Rng rng, int samples, double moved, int permille)
    {
        ValueReference reference = ValueReference.Of(
            true, "x", [.. Enumerable.Range(0, samples).Select(_ => Request(rng, 0))])!;
        ImmutableArray<DriftReference> references = [new("x", reference)];
        GatesSpec gates = new() { Drift = new DriftGate(permille, null, 100) };
        long[] bins = new long[reference.Counts.Length];
        int requests = 0;
        double goal = 10;
        bool isCondemned = false;
        for (int look = 0; look < Looks; look++)
        {
            for (goal *= 1.232; requests < (int)goal; requests++)
            {
                foreach (double value in Request(rng, moved))
                {
                    bins[reference.BinOf(value)]++;
                }
            }

            RolloutMember canary = Canary(ValueTally.Of([new ValueCounts(requests, [.. bins])]));
            isCondemned |= DriftJudge.Read(gates, [canary], 2, 0, references)[0].Standing == GateStanding.Failed;
        }

        return (isCondemned, ValueDrift.Index(reference, new ValueCounts(requests, bins)));
    }

    private static double[] Request(Rng rng, double moved)
    {
        double common = Gauss(rng);
        double[] values = new double[ValuesPerRequest];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = moved + (Math.Sqrt(0.5) * (common + Gauss(rng)));
        }

        return values;
    }

    /// <summary>Box and Muller, 1958.</summary>
    private static double Gauss(Rng rng) =>
        Math.Sqrt(-2 * Math.Log(1 - rng.Fraction())) * Math.Cos(2 * Math.PI * rng.Fraction());

    private static RolloutMember Canary(ValueTally values) => new()
    {
        Device = new DeviceId("canary"),
        Labels = LabelRules.None,
        Online = true,
        Held = 2,
        Release = Digest.Of("new"u8),
        Standing = MemberStanding.Serving,
        Answers = true,
        Figures =
        [
            new FigureWindow
            {
                Instance = new InstanceId(Name, 2),
                Release = Digest.Of("new"u8),
                FromMs = 1,
                HeardMs = 1,
                Values = values,
            },
        ],
    };
}
