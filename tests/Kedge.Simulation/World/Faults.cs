using Kedge.Core;

namespace Kedge.Simulation.World;

/// <summary>
/// Which faults a seed has, and how often: each seed leaves some out and gives the others wild weights, so that rare
/// combinations become common. Rates are chances per opportunity, 0..1.
/// </summary>
internal sealed record Faults
{
    public double LinkBreaks { get; init; }

    public double HalfOpen { get; init; }

    public double Duplicates { get; init; }

    public double SlowNetwork { get; init; }

    public double Reorders { get; init; }

    public double Partitions { get; init; }

    public double AgentCrashes { get; init; }

    public double PowerCuts { get; init; }

    public double CutAtWrite { get; init; }

    public double DiskFaults { get; init; }

    public double ClockJumps { get; init; }

    public double ReplicaCrashes { get; init; }

    public double Restores { get; init; }

    public double Intruders { get; init; }

    public double ProcessDeaths { get; init; }

    public double Hangs { get; init; }

    public double StartFailures { get; init; }

    public double TamperedChunks { get; init; }

    /// <summary>
    /// How often a stream of content breaks in the middle, and a difference that is asked for is not made yet.
    /// </summary>
    public double BrokenStreams { get; init; }

    /// <summary>True when a good release may be lost often enough to be blamed.</summary>
    public bool LosesProcesses => ProcessDeaths > 0 || Hangs > 0;

    public static Faults Draw(Rng rng) => new()
    {
        LinkBreaks = Chance(rng, 0.05),
        HalfOpen = Chance(rng, 0.8),
        Duplicates = Chance(rng, 0.3),
        SlowNetwork = Chance(rng, 0.3),
        Partitions = Chance(rng, 0.5),
        AgentCrashes = Chance(rng, 0.6),
        PowerCuts = Chance(rng, 0.5),
        CutAtWrite = Chance(rng, 0.5),
        DiskFaults = Chance(rng, 0.4),
        ClockJumps = Chance(rng, 0.5),
        ReplicaCrashes = Chance(rng, 0.5),
        Restores = Chance(rng, 0.2),
        Intruders = Chance(rng, 0.6),
        ProcessDeaths = Chance(rng, 0.6),
        Hangs = Chance(rng, 0.4),
        StartFailures = Chance(rng, 0.2),
        TamperedChunks = Chance(rng, 0.2),
        Reorders = Chance(rng, 0.2),
        BrokenStreams = Chance(rng, 0.4),
    };

    private static double Chance(Rng rng, double max) => rng.Below(2) == 0 ? 0 : rng.Fraction() * max;
}
