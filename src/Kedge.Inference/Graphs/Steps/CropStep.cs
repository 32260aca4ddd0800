using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// centreCrop: the middle of an image, <c>width</c> by <c>height</c>. The middle is rounded as torchvision's CenterCrop
/// does.
/// </summary>
internal sealed class CropStep : GraphStep
{
    internal required int Width { get; init; }

    internal required int Height { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedImage(TensorType.UInt8);
        int width = draft.Whole("width", 1, GraphLimits.SideMax, null);
        int height = draft.Whole("height", 1, GraphLimits.SideMax, null);
        if (!draft.Holds)
        {
            return null;
        }

        GraphValue image = draft.Inputs[0];
        if ((image.Shape[0] >= 0 && image.Shape[0] < height) || (image.Shape[1] >= 0 && image.Shape[1] < width))
        {
            draft.Fault($"{image} is smaller than {width} by {height}.", "width");
        }

        draft.Make(TensorType.UInt8, height, width, image.Shape[2]);
        return new CropStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Width = width,
            Height = height,
        };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        ImageSize source = ImageSize.Of(image);
        if (source.Width < Width || source.Height < Height)
        {
            return Fail($"an image of {source.Width} by {source.Height} is smaller than {Width} by {Height}.");
        }

        ReadOnlySpan<long> shape = [Height, Width, source.Channels];
        if (!TryStart(run, 0, shape, out Tensor made))
        {
            return TooLarge(shape);
        }

        int left = (int)Math.Round((source.Width - Width) / 2.0, MidpointRounding.ToEven);
        int top = (int)Math.Round((source.Height - Height) / 2.0, MidpointRounding.ToEven);
        int rowBytes = Width * source.Channels;
        for (int y = 0; y < Height; y++)
        {
            int at = ((top + y) * source.RowBytes) + (left * source.Channels);
            image.Bytes.Slice(at, rowBytes).CopyTo(made.Bytes[(y * rowBytes)..]);
        }

        return null;
    }
}
