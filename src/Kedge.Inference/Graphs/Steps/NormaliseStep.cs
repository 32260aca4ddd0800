using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// normalise: UINT8 to FP32, <c>(value * scale - mean) / std</c>; mean and std are one number, or one for each size of
/// the last axis. Each of the 256 values of a channel is computed once, when the step is made.
/// </summary>
internal sealed class NormaliseStep : GraphStep
{
    private const int ByteValues = 256;

    internal required float[] Table { get; init; }

    internal required int Channels { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.UInt8);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        float scale = draft.Number("scale", -1e6, 1e6, 1);
        double[] mean = draft.Numbers("mean", -1e9, 1e9, required: false);
        double[] deviation = draft.Numbers("std", 1e-9, 1e9, required: false);
        if (!draft.Holds)
        {
            return null;
        }

        int channels = Math.Max(Math.Max(mean.Length, deviation.Length), 1);
        long last = draft.Inputs[0].Shape[^1];
        RefuseLength(draft, mean, "mean", channels);
        RefuseLength(draft, deviation, "std", channels);
        if (channels > 1 && channels != last)
        {
            draft.Fault($"holds {channels} numbers, and the last axis of {draft.Inputs[0]} is another.", "mean");
        }

        draft.Make(TensorType.Float32, draft.Inputs[0].Shape.AsSpan());
        return new NormaliseStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Table = TableOf(scale, mean, deviation, channels),
            Channels = channels,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        if (!TryStart(run, 0, image.Shape, out Tensor made))
        {
            return TooLarge(image.Shape);
        }

        ReadOnlySpan<byte> from = image.Bytes;
        Span<float> to = made.Values<float>();
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> table = Table.AsSpan(channel * ByteValues, ByteValues);
            for (int i = channel; i < from.Length && i < to.Length; i += Channels)
            {
                to[i] = table[from[i]];
            }
        }

        return null;
    }

    private static void RefuseLength(StepDraft draft, double[] given, string field, int channels)
    {
        if (given.Length > 1 && given.Length != channels)
        {
            draft.Fault($"must hold 1 or {channels} numbers.", field);
        }
    }

    private static float[] TableOf(float scale, double[] mean, double[] deviation, int channels)
    {
        float[] table = new float[channels * ByteValues];
        for (int i = 0; i < table.Length; i++)
        {
            int channel = i / ByteValues;
            float shift = mean.Length == 0 ? 0 : (float)mean[Math.Min(channel, mean.Length - 1)];
            float spread = deviation.Length == 0 ? 1 : (float)deviation[Math.Min(channel, deviation.Length - 1)];
            table[i] = ((i % ByteValues * scale) - shift) / spread;
        }

        return table;
    }
}
