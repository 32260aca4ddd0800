namespace Kedge.Examples.Bearing;

/// <summary>One window of vibration and what was wrong with the bearing. Never compared.</summary>
/// <param name="Samples">[1024] float32, acceleration in g at <see cref="SignalGenerator.SampleRateHz"/>.</param>
/// <param name="Condition">The truth.</param>
public sealed record LabelledSignal(float[] Samples, BearingCondition Condition);
