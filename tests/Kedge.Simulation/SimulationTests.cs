using System.Globalization;
using Kedge.Simulation.World;
using Xunit.Abstractions;

namespace Kedge.Simulation;

/// <summary>Seeds of the simulated world. <c>./dev sim</c> runs fresh ones without end.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsInTest = 2000;
    private const int SeedsWhenFast = 100;
    private const ulong FleetEvery = 20;
    private const ulong LargeEvery = 200;

    [Fact]
    public void Two_thousand_seeds_are_safe_and_come_to_rest()
    {
        int seeds = Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? SeedsWhenFast : SeedsInTest;
        long steps = 0;
        GateVerdicts verdicts = new();
        EverySeed.Run(seeds, seed => Interlocked.Add(ref steps, RunSeed((ulong)seed, verdicts)));
        output.WriteLine(
            $"{seeds} seeds, {steps} steps, {SimContent.DifferencesTaken} differences; {verdicts}");
        verdicts.CheckFalseAlarms();
        Assert.True(SimContent.DifferencesTaken > seeds / 4, $"{SimContent.DifferencesTaken} differences were taken");
        Assert.True(SimContent.ImagesStarted > seeds / 8, $"{SimContent.ImagesStarted} starts with images");
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(1800UL)] // a desired state whose key was not known while the disk refused the trust documents
    [InlineData(7950616783621UL)] // a desired state that the disk refused while the link stayed up
    public void A_seed_replays_step_by_step(ulong seed) =>
        Assert.Equal(RunSeed(seed, new GateVerdicts()), RunSeed(seed, new GateVerdicts()));

    /// <summary>For <c>./dev sim</c>: fresh seeds for some seconds, without end, or one seed again.</summary>
    [Fact]
    public void Endless_seeds_are_safe_and_come_to_rest()
    {
        string? one = Environment.GetEnvironmentVariable("KEDGE_SIM_SEED");
        if (one is not null)
        {
            RunSeed(ulong.Parse(one, CultureInfo.InvariantCulture), new GateVerdicts());
            return;
        }

        if (Environment.GetEnvironmentVariable("KEDGE_SIM_FLEET") is { } fleet)
        {
            FleetTests.RunSeed(ulong.Parse(fleet, CultureInfo.InvariantCulture), new GateVerdicts());
            return;
        }

        if (Environment.GetEnvironmentVariable("KEDGE_SIM_LARGE") is { } large)
        {
            FleetTests.RunLarge(ulong.Parse(large, CultureInfo.InvariantCulture), new GateVerdicts());
            return;
        }

        string time = Environment.GetEnvironmentVariable("KEDGE_SIM_SECONDS") ?? "2";
        long start = Environment.TickCount64;
        TimeSpan length = time == "forever"
            ? TimeSpan.MaxValue
            : TimeSpan.FromSeconds(double.Parse(time, CultureInfo.InvariantCulture));
        ulong first = unchecked(((ulong)Environment.TickCount64 << 20) ^ (ulong)Environment.ProcessId);
        GateVerdicts verdicts = new();
        for (ulong n = 0; TimeSpan.FromMilliseconds(Environment.TickCount64 - start) < length; n++)
        {
            RunSeed(first + n, verdicts);
            if (n % FleetEvery == FleetEvery - 1)
            {
                FleetTests.RunSeed(first + n, verdicts);
            }

            if (n % LargeEvery == LargeEvery - 1)
            {
                FleetTests.RunLarge(first + n, verdicts);
            }

            if (n % 500 == 499)
            {
                output.WriteLine($"{n + 1} seeds; {verdicts}");
            }
        }
    }

    private static long RunSeed(ulong seed, GateVerdicts verdicts) => SeedThread.Run(seed, "KEDGE_SIM_SEED", () =>
    {
        SimulatedWorld world = new(seed);
        world.Run();
        verdicts.Add(world.Verdicts);
        return world.Steps;
    });
}
