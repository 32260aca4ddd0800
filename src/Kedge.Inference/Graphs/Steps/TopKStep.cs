using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// topK: the <c>k</c> largest along the last axis, the largest first: INT64 indices, FP32 values, and where
/// <c>labels</c> names a file the BYTES of their labels. Of equal ones the first comes first; NaN is the smallest.
/// </summary>
internal sealed class TopKStep : GraphStep
{
    internal required int K { get; init; }

    internal required LabelTable? Labels { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 2, 3))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Float32);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        int k = draft.Whole("k", 1, GraphLimits.ChosenMax, null);
        if (!draft.Holds)
        {
            return null;
        }

        GraphValue from = draft.Inputs[0];
        if (from.Shape[^1] >= 0 && from.Shape[^1] < k)
        {
            draft.Fault($"the last axis of {from} has fewer than {k}.", "k");
        }

        LabelTable? labels = LabelTable.Of(draft, 2, from.Shape[^1]);
        ReadOnlySpan<long> shape = [.. from.Shape.AsSpan()[..^1], k];
        draft.Make(TensorType.Int64, shape);
        draft.Make(TensorType.Float32, shape);
        draft.Make(TensorType.Bytes, shape);
        return new TopKStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            K = k,
            Labels = labels,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        int length = Rows.Length(from);
        if (length < K || (Labels is not null && Labels.Count != length))
        {
            return Fail($"{K} of {length} classes with {Labels?.Count ?? length} labels cannot be chosen.");
        }

        Span<long> shape = stackalloc long[from.Rank];
        from.Shape.CopyTo(shape);
        shape[^1] = K;
        if (!TryStart(run, 0, shape, out Tensor indices) || !TryStart(run, 1, shape, out Tensor values))
        {
            return TooLarge(shape);
        }

        for (int row = 0; row < Rows.Count(from); row++)
        {
            Choose(
                from.Values<float>().Slice(row * length, length),
                indices.Values<long>().Slice(row * K, K),
                values.Values<float>().Slice(row * K, K));
        }

        if (Labels is not null && TryStart(run, 2, shape, out Tensor texts))
        {
            Labels.Write(indices.Values<long>(), texts);
        }

        return null;
    }

    private static void Choose(ReadOnlySpan<float> from, Span<long> indices, Span<float> values)
    {
        int count = 0;
        for (int i = 0; i < from.Length; i++)
        {
            if (count == values.Length && !IsBefore(from[i], values[^1]))
            {
                continue;
            }

            count = Math.Min(count + 1, values.Length);
            int place = count - 1;
            for (; place > 0 && IsBefore(from[i], values[place - 1]); place--)
            {
                values[place] = values[place - 1];
                indices[place] = indices[place - 1];
            }

            values[place] = from[i];
            indices[place] = i;
        }
    }

    private static bool IsBefore(float value, float other) =>
        value > other || (float.IsNaN(other) && !float.IsNaN(value));
}
