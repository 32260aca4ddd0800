using Kedge.Core;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Simulation.World;

/// <summary>What gates judged, in one world or in many.</summary>
internal sealed class GateVerdicts
{
    /// <summary>Limits on requests that good releases were held against, each once per rollout.</summary>
    public int LimitsOfGood { get; set; }

    /// <summary>Good releases that a gate on requests took back.</summary>
    public int FalseAlarms { get; set; }

    /// <summary>Bad releases that a gate took back.</summary>
    public int Found { get; set; }

    /// <summary>Rollouts of releases that live figures can show to be bad.</summary>
    public int Bad { get; set; }

    public void Add(GateVerdicts other)
    {
        lock (this)
        {
            LimitsOfGood += other.LimitsOfGood;
            FalseAlarms += other.FalseAlarms;
            Found += other.Found;
            Bad += other.Bad;
        }
    }

    /// <summary>
    /// Gates are wrong no more often than they promise, and four standard deviations and one more for chance.
    /// </summary>
    public void CheckFalseAlarms()
    {
        double expected = LimitsOfGood * HealthGate.FalseAlarmMax;
        if (FalseAlarms > expected + (4 * Math.Sqrt(expected)) + 1)
        {
            throw new InvariantException($"gates took good releases back too often: {this}");
        }
    }

    public override string ToString() =>
        $"{Bad} rollouts of releases that answer badly, {Found} taken back by gates; good releases were held against "
        + $"{LimitsOfGood} limits, {FalseAlarms} false alarms";
}
