using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// reshape: the same elements under another <c>shape</c>; -1, at most once, for what is left.
/// </summary>
internal sealed class ReshapeStep : GraphStep
{
    internal required long[] Sizes { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, Moves.Types);
        long[] sizes = draft.Wholes("shape", -1, InferenceLimits.TensorBytesMax, required: true);
        if (sizes.Length > InferenceLimits.RankMax || sizes.Contains(0) || sizes.Count(static one => one < 0) > 1)
        {
            draft.Fault("must hold 1..16 sizes of 1 or more, and -1 at most once.", "shape");
        }

        if (!draft.Holds)
        {
            return null;
        }

        GraphValue from = draft.Inputs[0];
        bool isKnown = from.HasShape && !from.Shape.Contains(-1) && TensorShape.TryCount(from.Shape.AsSpan(), out _);
        long[] made = [.. sizes];
        if (isKnown && !TryFill(made, from.Shape.Aggregate(1L, static (all, one) => all * one)))
        {
            draft.Fault($"{from} has another number of elements.", "shape");
        }

        draft.Declare(from.Type, [.. made], hasShape: true);
        return new ReshapeStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Sizes = sizes,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        Span<long> shape = stackalloc long[Sizes.Length];
        Sizes.CopyTo(shape);
        if (!TryFill(shape, from.ElementCount))
        {
            return Fail($"{TensorShape.Describe(from.Shape)} is not of as many elements as "
                + $"{TensorShape.Describe(Sizes)}.");
        }

        if (!TryStart(run, 0, shape, out Tensor to))
        {
            return TooLarge(shape);
        }

        from.Bytes.CopyTo(to.Bytes);
        return null;
    }

    /// <summary>Puts what is left in the place of -1; false when the sizes do not make up the elements.</summary>
    private static bool TryFill(Span<long> sizes, long elements)
    {
        long product = 1;
        int open = -1;
        for (int i = 0; i < sizes.Length; i++)
        {
            open = sizes[i] < 0 ? i : open;
            long size = Math.Max(sizes[i], 1);
            if (size > InferenceLimits.TensorBytesMax / product)
            {
                return false;
            }

            product *= size;
        }

        if (open >= 0)
        {
            sizes[open] = elements / product;
            product *= sizes[open];
        }

        return product == elements;
    }
}
