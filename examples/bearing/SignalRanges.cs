namespace Kedge.Examples.Bearing;

/// <summary>How clear or hidden the faults of generated signals are.</summary>
/// <param name="FaultMin">Peak of the weakest fault impulses, in g.</param>
/// <param name="FaultMax">Peak of the strongest fault impulses, in g.</param>
/// <param name="NoiseMin">Standard deviation of the quietest noise, in g.</param>
/// <param name="NoiseMax">Standard deviation of the loudest noise, in g.</param>
public sealed record SignalRanges(double FaultMin, double FaultMax, double NoiseMin, double NoiseMax)
{
    /// <summary>A machine in its hall: weak faults, loud surroundings.</summary>
    public static readonly SignalRanges Field = new(0.5, 2.5, 0.06, 0.22);

    /// <summary>A test rig: developed faults, quiet surroundings. Reference signals come from here.</summary>
    public static readonly SignalRanges Rig = new(1.5, 2.5, 0.06, 0.12);
}
