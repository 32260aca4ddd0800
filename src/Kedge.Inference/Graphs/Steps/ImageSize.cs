using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>Size of an image that lies as <c>[height, width, channels]</c>.</summary>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Channels">1, 3 or 4.</param>
internal readonly record struct ImageSize(int Height, int Width, int Channels)
{
    /// <summary>Bytes of one row.</summary>
    internal int RowBytes => Width * Channels;

    /// <summary>False for an image without a pixel.</summary>
    internal bool HasPixels => Height > 0 && Width > 0;

    internal static ImageSize Of(Tensor image) =>
        new((int)image.Shape[0], (int)image.Shape[1], (int)image.Shape[2]);
}
