using Kedge.Core;

namespace Kedge.Examples.Bearing;

/// <summary>How one version of the model is trained.</summary>
/// <param name="Version">Its name: <c>v1</c>.</param>
/// <param name="Signals">Signals to learn from.</param>
/// <param name="Epochs">Times that each is looked at.</param>
/// <param name="RecordedScale">What the training signals are recorded in, in units for one g. Served signals are
/// always in g, so anything but 1 is the mistake of a recording in another unit.</param>
public sealed record TrainingPlan(string Version, int Signals, int Epochs, float RecordedScale)
{
    /// <summary>The plan of a version; false for a name that there is none for.</summary>
    public static bool TryOf(string version, out TrainingPlan plan)
    {
        plan = version switch
        {
            "v1" => new TrainingPlan(version, Signals: 700, Epochs: 11, RecordedScale: 1),
            "v2" => new TrainingPlan(version, Signals: 2_000, Epochs: 10, RecordedScale: 1),

            // The recorder's voltage at 100 mV for one g, in millivolts, taken for acceleration in g.
            "v3" => new TrainingPlan(version, Signals: 1_200, Epochs: 8, RecordedScale: 100),
            _ => new TrainingPlan("", 0, 0, 0),
        };
        return plan.Signals > 0;
    }

    /// <summary>The plan of a version that exists.</summary>
    public static TrainingPlan Of(string version)
    {
        Check.That(TryOf(version, out TrainingPlan plan));
        return plan;
    }
}
