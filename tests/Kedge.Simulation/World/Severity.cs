using Kedge.Core;

namespace Kedge.Simulation.World;

/// <summary>How bad the bad releases of one world are.</summary>
/// <param name="SlowFactor">So many times as long take the answers of a slow one.</param>
/// <param name="WrongShare">Such a share of the answers of a wrong one are errors.</param>
/// <param name="WrongAfter">So long after its start one that fails late is good.</param>
internal sealed record Severity(double SlowFactor, double WrongShare, TimeSpan WrongAfter)
{
    public static Severity Draw(Rng rng) => new(
        2 + (rng.Fraction() * 3), 0.05 + (rng.Fraction() * 0.45), TimeSpan.FromSeconds(30 + rng.Below(150)));
}
