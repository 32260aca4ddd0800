namespace Kedge.Simulation;

/// <summary>
/// Runs a scenario once for each seed, as many at once as there are processors. Without that bound the pool of threads
/// takes a slow seed for a thread that waits, and adds another, and each has a world in memory: hundreds of them.
/// </summary>
internal static class EverySeed
{
    private static readonly ParallelOptions Bounded = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    /// <summary>Runs it with 1 up to a number of seeds.</summary>
    internal static void Run(int seeds, Action<int> run) => Parallel.For(1, seeds + 1, Bounded, run);
}
