using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// Where an image lies after its size was changed, as FP32 [6]: scale along x, scale along y, pixels left of it, pixels
/// above it, width and height before. A point p of the original lies at p times scale plus the pixels before it.
/// </summary>
/// <param name="ScaleX">New width of the image by its old one.</param>
/// <param name="ScaleY">New height of the image by its old one.</param>
/// <param name="Left">Pixels left of it.</param>
/// <param name="Top">Pixels above it.</param>
/// <param name="Width">Width before, in pixels.</param>
/// <param name="Height">Height before, in pixels.</param>
internal readonly record struct Frame(float ScaleX, float ScaleY, float Left, float Top, float Width, float Height)
{
    internal const int Length = 6;

    /// <summary>Of a whole image of one size that became one of another, laid at some place.</summary>
    internal static Frame Of(ImageSize before, ImageSize after, int left, int top) => new(
        (float)after.Width / before.Width, (float)after.Height / before.Height, left, top, before.Width, before.Height);

    internal static Frame Read(ReadOnlySpan<float> values) =>
        new(values[0], values[1], values[2], values[3], values[4], values[5]);

    internal void Write(Tensor tensor)
    {
        ReadOnlySpan<float> values = [ScaleX, ScaleY, Left, Top, Width, Height];
        values.CopyTo(tensor.Values<float>());
    }
}
