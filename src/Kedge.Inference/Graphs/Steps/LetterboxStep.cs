using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// letterbox: an image to <c>width</c> and <c>height</c>, keeping its form, in the middle of a field of <c>fill</c>. A
/// second output is the <see cref="Frame"/>, by which scaleBoxes leads back.
/// </summary>
internal sealed class LetterboxStep : GraphStep
{
    private const int GreyOfYolo = 114;

    internal required int Width { get; init; }

    internal required int Height { get; init; }

    internal required byte Fill { get; init; }

    internal required ResizeFilter Filter { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 2))
        {
            return null;
        }

        draft.NeedImage(TensorType.UInt8);
        int width = draft.Whole("width", 1, GraphLimits.SideMax, null);
        int height = draft.Whole("height", 1, GraphLimits.SideMax, null);
        int fill = draft.Whole("fill", 0, 255, GreyOfYolo);
        ResizeFilter filter = ResizeStep.FilterOf(draft);
        if (!draft.Holds)
        {
            return null;
        }

        draft.Make(TensorType.UInt8, height, width, draft.Inputs[0].Shape[2]);
        draft.Make(TensorType.Float32, Frame.Length);
        return new LetterboxStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Width = width,
            Height = height,
            Fill = (byte)fill,
            Filter = filter,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        ImageSize source = ImageSize.Of(image);
        if (!source.HasPixels)
        {
            return Fail("the image has no pixels.");
        }

        ReadOnlySpan<long> shape = [Height, Width, source.Channels];
        if (!TryStart(run, 0, shape, out Tensor made))
        {
            return TooLarge(shape);
        }

        double scale = Math.Min((double)Width / source.Width, (double)Height / source.Height);
        ImageSize inner = new(
            Math.Clamp((int)Math.Round(source.Height * scale), 1, Height),
            Math.Clamp((int)Math.Round(source.Width * scale), 1, Width),
            source.Channels);
        int left = (Width - inner.Width) / 2;
        int top = (Height - inner.Height) / 2;
        Span<byte> small = run.Scratch.Take<byte>(4, inner.Height * inner.RowBytes);
        Resampler.Resize(image.Bytes, source, small, inner, (Filter, run.Scratch));
        made.Bytes.Fill(Fill);
        for (int y = 0; y < inner.Height; y++)
        {
            int at = (((top + y) * Width) + left) * source.Channels;
            small.Slice(y * inner.RowBytes, inner.RowBytes).CopyTo(made.Bytes[at..]);
        }

        if (Outputs.Length > 1 && TryStart(run, 1, [Frame.Length], out Tensor frame))
        {
            Frame.Of(source, inner, left, top).Write(frame);
        }

        return null;
    }
}
