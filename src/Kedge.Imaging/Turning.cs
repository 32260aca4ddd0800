namespace Kedge.Imaging;

/// <summary>Turns an image as its EXIF orientation says. Source: EXIF 2.3 section 4.6.4, Orientation.</summary>
internal static class Turning
{
    /// <summary>True when width and height change places.</summary>
    internal static bool IsSideways(int orientation) => orientation >= 5;

    /// <summary>Fills <paramref name="to"/> with the upright image.</summary>
    internal static void Turn(
        ReadOnlySpan<byte> from, Span<byte> to, (int Height, int Width, int Channels) size, int orientation)
    {
        (int height, int width, int channels) = size;
        bool sideways = IsSideways(orientation);
        int rows = sideways ? width : height;
        int columns = sideways ? height : width;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                (int sourceX, int sourceY) = orientation switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    8 => (width - 1 - y, x),
                    _ => (x, y),
                };
                from.Slice(((sourceY * width) + sourceX) * channels, channels)
                    .CopyTo(to[(((y * columns) + x) * channels)..]);
            }
        }
    }
}
