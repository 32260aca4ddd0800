using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Simulation.World;
using Xunit.Abstractions;

namespace Kedge.Simulation;

/// <summary>Seeds of a larger fleet of whole agents, with rollouts that only live figures show to be bad.</summary>
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int Devices = 50;
    private const int LargeDevices = 1_000;
    private const int LargeSeeds = 10;
    private const int SeedsInTest = 200;
    private const int SeedsWhenFast = 10;

    [Fact]
    public void Bad_releases_are_taken_back_from_fifty_devices_and_good_ones_pass()
    {
        int seeds = Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? SeedsWhenFast : SeedsInTest;
        GateVerdicts verdicts = new();
        long steps = 0;
        EverySeed.Run(seeds, seed => Interlocked.Add(ref steps, RunSeed((ulong)seed, verdicts)));
        output.WriteLine($"{seeds} seeds of {Devices} devices, {steps} steps; {verdicts}");
        verdicts.CheckFalseAlarms();
    }

    /// <summary>Whole agents would take minutes: this is the planner over simple devices.</summary>
    [Fact]
    public void Bad_releases_are_taken_back_from_a_thousand_devices_and_good_ones_pass()
    {
        int seeds = Environment.GetEnvironmentVariable("KEDGE_FAST") == "1" ? 2 : LargeSeeds;
        GateVerdicts verdicts = new();
        EverySeed.Run(seeds, seed => RunLarge((ulong)seed, verdicts));
        output.WriteLine($"{seeds} seeds of {LargeDevices} devices; {verdicts}");
        verdicts.CheckFalseAlarms();
    }

    internal static void RunLarge(ulong seed, GateVerdicts verdicts) => SeedThread.Run(seed, "KEDGE_SIM_LARGE", () =>
    {
        PlannedFleet fleet = new(seed, LargeDevices);
        RolloutState end = fleet.Run();
        bool isTakenBack = end.Phase == RolloutPhase.RolledBack;
        if (fleet.IsBad && (!isTakenBack || fleet.ExposedMost > LargeDevices / 2))
        {
            throw new InvariantException($"a bad release came to {fleet.ExposedMost} devices and is {end.Phase}");
        }

        verdicts.Add(new GateVerdicts
        {
            Bad = fleet.IsBad ? 1 : 0,
            Found = fleet.IsBad ? 1 : 0,
            LimitsOfGood = fleet.IsBad ? 0 : 2,
            FalseAlarms = !fleet.IsBad && isTakenBack ? 1 : 0,
        });
        return 0;
    });

    internal static long RunSeed(ulong seed, GateVerdicts verdicts) => SeedThread.Run(seed, "KEDGE_SIM_FLEET", () =>
    {
        FleetWorld world = new(seed, Devices);
        world.Run();
        verdicts.Add(world.Verdicts);
        return world.Steps;
    });
}
