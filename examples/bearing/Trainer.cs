using Kedge.Core;

namespace Kedge.Examples.Bearing;

/// <summary>Trains the classifier by Adam on generated signals. One thread; same plan and seed, same network.</summary>
public static class Trainer
{
    private const int BatchSamples = 16;
    private const float RateFirst = 3e-3f;
    private const float RateLast = 3e-4f;

    /// <summary>Trains one version from the beginning.</summary>
    public static BearingNetwork Train(TrainingPlan plan, ulong seed)
    {
        Rng rng = new(seed);
        LabelledSignal[] signals = Recorded(plan, seed);
        BearingNetwork network = new(RootMeanSquare(signals), rng);
        int[] order = [.. Enumerable.Range(0, signals.Length)];
        int steps = plan.Epochs * ((signals.Length + BatchSamples - 1) / BatchSamples);
        int step = 0;
        for (int epoch = 0; epoch < plan.Epochs; epoch++)
        {
            Shuffle(order, rng);
            foreach (int[] batch in order.Chunk(BatchSamples))
            {
                foreach (int index in batch)
                {
                    _ = network.Learn(signals[index].Samples, signals[index].Condition);
                }

                // The rate falls along half a cosine, so that the last steps settle.
                double progress = (double)step / steps;
                double rate = RateLast + ((RateFirst - RateLast) * 0.5 * (1 + Math.Cos(Math.PI * progress)));
                network.Update((float)rate, batch.Length, ++step);
            }
        }

        return network;
    }

    /// <summary>The probability of each condition, [4] float32: what the exported model must give as well.</summary>
    /// <param name="network">A trained network.</param>
    /// <param name="samples">[1024] float32, acceleration in g.</param>
    public static float[] Forward(BearingNetwork network, ReadOnlySpan<float> samples) =>
        network.Forward(samples).ToArray();

    /// <summary>The part of signals that the network names rightly, 0..1.</summary>
    public static double Accuracy(BearingNetwork network, IReadOnlyCollection<LabelledSignal> signals) =>
        signals.Count(signal => network.Classify(signal.Samples) == signal.Condition) / (double)signals.Count;

    /// <summary>Signals of a machine in its hall that no training has seen.</summary>
    public static LabelledSignal[] HeldOut(ulong seed, int count) =>
        new SignalGenerator(seed ^ 0x48454C444F5554, SignalRanges.Field).Take(count);

    private static LabelledSignal[] Recorded(TrainingPlan plan, ulong seed)
    {
        LabelledSignal[] signals = new SignalGenerator(seed, SignalRanges.Field).Take(plan.Signals);
        foreach (LabelledSignal signal in signals)
        {
            for (int index = 0; index < signal.Samples.Length; index++)
            {
                signal.Samples[index] *= plan.RecordedScale;
            }
        }

        return signals;
    }

    private static float RootMeanSquare(LabelledSignal[] signals) => (float)Math.Sqrt(
        signals.Average(static signal => signal.Samples.Average(static sample => (double)sample * sample)));

    private static void Shuffle(int[] order, Rng rng)
    {
        for (int index = order.Length - 1; index > 0; index--)
        {
            int other = rng.Below(index + 1);
            (order[index], order[other]) = (order[other], order[index]);
        }
    }
}
