using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// gather: some places along one <c>axis</c>: those of <c>indices</c>, or <c>count</c> from <c>start</c> on.
/// </summary>
internal sealed class GatherStep : GraphStep
{
    private const int IndexMax = int.MaxValue / 2;

    internal required int Axis { get; init; }

    /// <summary>First places of runs along the axis, and the length of each.</summary>
    internal required int[] Starts { get; init; }

    internal required int RunLength { get; init; }

    private long Last { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, Moves.Types);
        draft.NeedRank(0, 1, InferenceLimits.RankMax);
        int axis = draft.Whole("axis", 0, InferenceLimits.RankMax - 1, null);
        int[] starts;
        int length = 1;
        if (draft.Has("indices"))
        {
            starts = [.. draft.Wholes("indices", 0, IndexMax, required: true).Select(static i => (int)i)];
        }
        else
        {
            starts = [draft.Whole("start", 0, IndexMax, null)];
            length = draft.Whole("count", 1, IndexMax, null);
        }

        if (!draft.Holds || !TryShape(draft, axis, starts, length))
        {
            return null;
        }

        return new GatherStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Axis = axis,
            Starts = starts,
            RunLength = length,
            Last = starts.Max(),
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        long size = from.Shape[Axis];
        Span<long> shape = stackalloc long[from.Rank];
        from.Shape.CopyTo(shape);
        shape[Axis] = Starts.Length * RunLength;
        if (Last + RunLength > size)
        {
            return Fail($"axis {Axis} has only {size} places.");
        }

        if (!TryStart(run, 0, shape, out Tensor to))
        {
            return TooLarge(shape);
        }

        Copy(from, to);
        return null;
    }

    private void Copy(Tensor from, Tensor to)
    {
        int inner = TensorTypes.ElementBytes(from.Type);
        foreach (long size in from.Shape[(Axis + 1)..])
        {
            inner *= (int)size;
        }

        int outer = (int)from.Shape[Axis] * inner;
        Span<byte> made = to.Bytes;
        for (int at = 0; !made.IsEmpty; at += outer)
        {
            foreach (int start in Starts)
            {
                from.Bytes.Slice(at + (start * inner), RunLength * inner).CopyTo(made);
                made = made[(RunLength * inner)..];
            }
        }
    }

    private static bool TryShape(StepDraft draft, int axis, int[] starts, int length)
    {
        GraphValue from = draft.Inputs[0];
        if (axis >= from.Rank)
        {
            draft.Fault($"{from} has no axis {axis}.", "axis");
            return false;
        }

        if (from.Shape[axis] >= 0 && starts.Any(start => start + (long)length > from.Shape[axis]))
        {
            draft.Fault($"axis {axis} of {from} has only {from.Shape[axis]} places.", "axis");
            return false;
        }

        if (starts.Length * (long)length > IndexMax)
        {
            draft.Fault("it would make too many places.", "count");
            return false;
        }

        draft.Declare(from.Type, from.Shape.SetItem(axis, starts.Length * length), hasShape: true);
        return true;
    }
}
