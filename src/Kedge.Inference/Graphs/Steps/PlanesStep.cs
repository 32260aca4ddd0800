using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>toPlanes: <c>[height, width, channels]</c> to <c>[1, channels, height, width]</c>: HWC to NCHW.</summary>
internal sealed class PlanesStep : GraphStep
{
    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedImage(TensorType.UInt8, TensorType.Float32);
        if (!draft.Holds)
        {
            return null;
        }

        GraphValue image = draft.Inputs[0];
        draft.Make(image.Type, 1, image.Shape[2], image.Shape[0], image.Shape[1]);
        return new PlanesStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        ImageSize size = ImageSize.Of(image);
        ReadOnlySpan<long> shape = [1, size.Channels, size.Height, size.Width];
        if (!TryStart(run, 0, shape, out Tensor made))
        {
            return TooLarge(shape);
        }

        if (image.Type == TensorType.UInt8)
        {
            Split<byte>(image.Bytes, made.Bytes, size.Channels);
        }
        else
        {
            Split<float>(image.Values<float>(), made.Values<float>(), size.Channels);
        }

        return null;
    }

    private static void Split<T>(ReadOnlySpan<T> from, Span<T> to, int channels)
    {
        int plane = from.Length / channels;
        for (int channel = 0; channel < channels; channel++)
        {
            Span<T> part = to.Slice(channel * plane, plane);
            for (int i = 0, at = channel; i < part.Length && at < from.Length; i++, at += channels)
            {
                part[i] = from[at];
            }
        }
    }
}
