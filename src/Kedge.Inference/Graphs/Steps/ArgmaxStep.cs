using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// argmax: index of the largest along the last axis, which falls away: FP32 to INT64. Of equal ones the first; NaN is
/// the smallest.
/// </summary>
internal sealed class ArgmaxStep : GraphStep
{
    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Float32);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        if (!draft.Holds)
        {
            return null;
        }

        draft.Make(TensorType.Int64, draft.Inputs[0].Shape.AsSpan()[..^1]);
        return new ArgmaxStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        int length = Rows.Length(from);
        if (length == 0)
        {
            return Fail("there is nothing along the last axis.");
        }

        if (!TryStart(run, 0, from.Shape[..^1], out Tensor to))
        {
            return TooLarge(from.Shape[..^1]);
        }

        for (int row = 0; row < to.ElementCount; row++)
        {
            ReadOnlySpan<float> values = from.Values<float>().Slice(row * length, length);
            int best = 0;
            for (int i = 1; i < values.Length; i++)
            {
                best = values[i] > values[best] || (float.IsNaN(values[best]) && !float.IsNaN(values[i])) ? i : best;
            }

            to.Values<long>()[row] = best;
        }

        return null;
    }
}
