using System.Numerics;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>softmax: along the last axis, FP32; each row sums to 1. A row with NaN becomes NaN.</summary>
internal sealed class SoftmaxStep : GraphStep
{
    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, TensorType.Float32);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        draft.Make(TensorType.Float32, draft.Inputs[0].Shape.AsSpan());
        return new SoftmaxStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        if (!TryStart(run, 0, from.Shape, out Tensor to))
        {
            return TooLarge(from.Shape);
        }

        int length = Rows.Length(from);
        for (int row = 0; row < Rows.Count(from); row++)
        {
            Softmax(
                from.Values<float>().Slice(row * length, length), to.Values<float>().Slice(row * length, length));
        }

        return null;
    }

    /// <summary>The largest is taken off first, so that nothing overflows.</summary>
    internal static void Softmax(ReadOnlySpan<float> from, Span<float> to)
    {
        float top = Largest(from);
        ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(from);
        Span<Vector<float>> made = MemoryMarshal.Cast<float, Vector<float>>(to);
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < wide.Length; i++)
        {
            made[i] = Vector.Exp(wide[i] - new Vector<float>(top));
            sums += made[i];
        }

        float sum = Vector.Sum(sums);
        for (int i = wide.Length * Vector<float>.Count; i < from.Length; i++)
        {
            to[i] = MathF.Exp(from[i] - top);
            sum += to[i];
        }

        for (int i = 0; i < made.Length; i++)
        {
            made[i] /= new Vector<float>(sum);
        }

        for (int i = made.Length * Vector<float>.Count; i < to.Length; i++)
        {
            to[i] /= sum;
        }
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        float top = float.NegativeInfinity;
        foreach (float value in values)
        {
            top = MathF.Max(top, value);
        }

        return top;
    }
}
