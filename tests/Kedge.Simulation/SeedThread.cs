using Kedge.Core;

namespace Kedge.Simulation;

/// <summary>Runs a world, and says how to run it again where it fails.</summary>
internal static class SeedThread
{
    /// <summary>
    /// On a thread of its own: no synchronization context, so that continuations run where they are completed.
    /// </summary>
    /// <param name="seed">Which.</param>
    /// <param name="variable">The variable that names a seed of this kind to <c>./dev sim</c>.</param>
    /// <param name="run">Makes and runs the world; its steps.</param>
    public static long Run(ulong seed, string variable, Func<long> run)
    {
        long steps = 0;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                steps = run();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null
            ? steps
            : throw new InvariantException($"Seed {seed} fails; replay it: {variable}={seed} ./dev sim\n{failure}");
    }
}
