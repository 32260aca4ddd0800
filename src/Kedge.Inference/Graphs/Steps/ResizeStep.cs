using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// resize: an image to a size of its own: <c>width</c> and <c>height</c>, or <c>shorter</c> for the length of its
/// shorter side, which keeps its form. A second output is the <see cref="Frame"/>.
/// </summary>
internal sealed class ResizeStep : GraphStep
{
    internal required int Width { get; init; }

    internal required int Height { get; init; }

    internal required int Shorter { get; init; }

    internal required ResizeFilter Filter { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 2))
        {
            return null;
        }

        draft.NeedImage(TensorType.UInt8);
        bool bySide = draft.Has("shorter");
        int shorter = bySide ? draft.Whole("shorter", 1, GraphLimits.SideMax, null) : 0;
        int width = bySide ? 0 : draft.Whole("width", 1, GraphLimits.SideMax, null);
        int height = bySide ? 0 : draft.Whole("height", 1, GraphLimits.SideMax, null);
        ResizeFilter filter = FilterOf(draft);
        if (!draft.Holds)
        {
            return null;
        }

        draft.Make(TensorType.UInt8, bySide ? -1 : height, bySide ? -1 : width, draft.Inputs[0].Shape[2]);
        draft.Make(TensorType.Float32, Frame.Length);
        return new ResizeStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Width = width,
            Height = height,
            Shorter = shorter,
            Filter = filter,
        };
    }

    internal static ResizeFilter FilterOf(StepDraft draft) =>
        draft.Word("filter", "antialias", "bilinear", "nearest") switch
        {
            "bilinear" => ResizeFilter.Bilinear,
            "nearest" => ResizeFilter.Nearest,
            _ => ResizeFilter.Antialias,
        };

    internal override Finding? Run(GraphRun run)
    {
        Tensor image = In(run, 0);
        ImageSize source = ImageSize.Of(image);
        if (!source.HasPixels)
        {
            return Fail("the image has no pixels.");
        }

        ImageSize target = Target(source);
        ReadOnlySpan<long> shape = [target.Height, target.Width, target.Channels];
        if (target.Width > GraphLimits.SideMax || target.Height > GraphLimits.SideMax)
        {
            return TooLarge(shape);
        }

        if (!TryStart(run, 0, shape, out Tensor made))
        {
            return TooLarge(shape);
        }

        Resampler.Resize(image.Bytes, source, made.Bytes, target, (Filter, run.Scratch));
        if (Outputs.Length > 1 && TryStart(run, 1, [Frame.Length], out Tensor frame))
        {
            Frame.Of(source, target, 0, 0).Write(frame);
        }

        return null;
    }

    /// <summary>As torchvision's Resize: the longer side is cut down to whole pixels.</summary>
    private ImageSize Target(ImageSize source)
    {
        if (Shorter == 0)
        {
            return new ImageSize(Height, Width, source.Channels);
        }

        return source.Width <= source.Height
            ? new ImageSize(Scaled(source.Height, source.Width), Shorter, source.Channels)
            : new ImageSize(Shorter, Scaled(source.Width, source.Height), source.Channels);
    }

    private int Scaled(int longer, int shorter) => (int)Math.Min((long)Shorter * longer / shorter, int.MaxValue);
}
