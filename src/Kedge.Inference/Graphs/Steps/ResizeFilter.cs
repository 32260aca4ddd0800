namespace Kedge.Inference.Graphs.Steps;

/// <summary>How pixels are weighed when an image changes its size.</summary>
internal enum ResizeFilter
{
    /// <summary>None of the others.</summary>
    Unknown = 0,

    /// <summary>
    /// A triangle as wide as what one new pixel covers: the BILINEAR of Pillow, and of torchvision with antialias. Bit
    /// by bit the same as Pillow's.
    /// </summary>
    Antialias = 1,

    /// <summary>
    /// Two by two neighbours at pixel centres: ONNX Resize, linear with half_pixel; OpenCV's INTER_LINEAR. Rounded to
    /// the nearest.
    /// </summary>
    Bilinear = 2,

    /// <summary>The pixel under the centre of the new one: Pillow's NEAREST.</summary>
    Nearest = 3,
}
