using System.Globalization;
using Kedge.Core;
using Kedge.Simulation.World;
using Xunit.Abstractions;

namespace Kedge.Simulation;

/// <summary>Seeds of the simulated world. <c>./dev sim</c> runs fresh ones without end.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsInTest = 2000;
    private const int SeedsWhenFast = 100;

    [Fact]
    public void Two_thousand_seeds_are_safe_and_come_to_rest()
    {
        int seeds = Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? SeedsWhenFast : SeedsInTest;
        long steps = 0;
        Parallel.For(1, seeds + 1, seed => Interlocked.Add(ref steps, RunSeed((ulong)seed)));
        output.WriteLine($"{seeds} seeds, {steps} steps");
    }

    [Theory]
    [InlineData(1UL)]
    public void A_seed_replays_step_by_step(ulong seed) => Assert.Equal(RunSeed(seed), RunSeed(seed));

    /// <summary>For <c>./dev sim</c>: fresh seeds for some seconds, without end, or one seed again.</summary>
    [Fact]
    public void Endless_seeds_are_safe_and_come_to_rest()
    {
        string? one = Environment.GetEnvironmentVariable("KEDGE_SIM_SEED");
        if (one is not null)
        {
            RunSeed(ulong.Parse(one, CultureInfo.InvariantCulture));
            return;
        }

        string time = Environment.GetEnvironmentVariable("KEDGE_SIM_SECONDS") ?? "2";
        long start = Environment.TickCount64;
        TimeSpan length = time == "forever"
            ? TimeSpan.MaxValue
            : TimeSpan.FromSeconds(double.Parse(time, CultureInfo.InvariantCulture));
        ulong first = unchecked(((ulong)Environment.TickCount64 << 20) ^ (ulong)Environment.ProcessId);
        for (ulong n = 0; TimeSpan.FromMilliseconds(Environment.TickCount64 - start) < length; n++)
        {
            RunSeed(first + n);
            if (n % 500 == 499)
            {
                output.WriteLine($"{n + 1} seeds");
            }
        }
    }

    private static long RunSeed(ulong seed)
    {
        long steps = 0;
        Exception? failure = null;

        // A thread of its own: no synchronization context, so that continuations run where they are completed.
        Thread thread = new(() =>
        {
            try
            {
                SimulatedWorld world = new(seed);
                world.Run();
                steps = world.Steps;
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
            : throw new InvariantException($"Seed {seed} fails; replay it: KEDGE_SIM_SEED={seed} ./dev sim\n{failure}");
    }
}
