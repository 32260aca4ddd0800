using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>transpose: axis i of the output is axis <c>perm[i]</c> of the input, as ONNX Transpose.</summary>
internal sealed class TransposeStep : GraphStep
{
    internal required int[] Axes { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, Moves.Types);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        int[] axes = [.. draft.Wholes("perm", 0, InferenceLimits.RankMax, required: true).Select(static i => (int)i)];
        if (!draft.Holds)
        {
            return null;
        }

        GraphValue from = draft.Inputs[0];
        if (!axes.Order().SequenceEqual(Enumerable.Range(0, from.Rank)))
        {
            draft.Fault($"must hold each axis of {from} once, from 0.", "perm");
            return null;
        }

        draft.Declare(from.Type, [.. axes.Select(axis => from.Shape[axis])], hasShape: true);
        return new TransposeStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Axes = axes,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        Span<long> shape = stackalloc long[Axes.Length];
        Span<int> strides = stackalloc int[Axes.Length];
        for (int i = 0; i < Axes.Length; i++)
        {
            shape[i] = from.Shape[Axes[i]];
            strides[i] = 1;
            for (int axis = Axes[i] + 1; axis < from.Rank; axis++)
            {
                strides[i] *= (int)from.Shape[axis];
            }
        }

        if (!TryStart(run, 0, shape, out Tensor to))
        {
            return TooLarge(shape);
        }

        Moves.Gather(from, to, strides);
        return null;
    }
}
