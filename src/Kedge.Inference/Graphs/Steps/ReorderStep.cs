using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>reorderChannels: gives the channels of an image another order: <c>[2, 1, 0]</c> makes BGR of RGB.</summary>
internal sealed class ReorderStep : GraphStep
{
    internal required int[] Order { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedImage(TensorType.UInt8);
        int[] order = [.. draft.Wholes("order", 0, 3, required: true).Select(static one => (int)one)];
        if (!draft.Holds)
        {
            return null;
        }

        GraphValue image = draft.Inputs[0];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, (int)image.Shape[2])))
        {
            draft.Fault($"must hold each of the {image.Shape[2]} channels once, from 0.", "order");
        }

        draft.Make(TensorType.UInt8, image.Shape.AsSpan());
        return new ReorderStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Order = order,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        if (!TryStart(run, 0, image.Shape, out Tensor made))
        {
            return TooLarge(image.Shape);
        }

        Reorder(image.Bytes, made.Bytes, Order);
        return null;
    }

    /// <summary>From and to may be the same memory.</summary>
    internal static void Reorder(ReadOnlySpan<byte> from, Span<byte> to, ReadOnlySpan<int> order)
    {
        Span<byte> pixel = stackalloc byte[4];
        for (int i = 0; i + order.Length <= from.Length; i += order.Length)
        {
            from.Slice(i, order.Length).CopyTo(pixel);
            for (int channel = 0; channel < order.Length; channel++)
            {
                to[i + channel] = pixel[order[channel]];
            }
        }
    }
}
