namespace Kedge.Inference.Graphs.Steps;

/// <summary>A box by its corners, in pixels or any other unit.</summary>
/// <param name="Left">Smaller x.</param>
/// <param name="Top">Smaller y.</param>
/// <param name="Right">Larger x.</param>
/// <param name="Bottom">Larger y.</param>
internal readonly record struct Box(float Left, float Top, float Right, float Bottom)
{
    internal const int Length = 4;

    private float Area => (Right - Left) * (Bottom - Top);

    /// <summary>Reads corners in either order, or centre, width and height.</summary>
    internal static Box Read(ReadOnlySpan<float> four, bool isCentre) => isCentre
        ? new Box(
            four[0] - (four[2] / 2), four[1] - (four[3] / 2), four[0] + (four[2] / 2), four[1] + (four[3] / 2))
        : new Box(
            MathF.Min(four[0], four[2]),
            MathF.Min(four[1], four[3]),
            MathF.Max(four[0], four[2]),
            MathF.Max(four[1], four[3]));

    internal void Write(Span<float> four)
    {
        four[3] = Bottom;
        four[2] = Right;
        four[1] = Top;
        four[0] = Left;
    }

    /// <summary>Area of what both cover by area of what either covers: 0..1.</summary>
    internal float OverlapWith(in Box other)
    {
        float width = MathF.Min(Right, other.Right) - MathF.Max(Left, other.Left);
        float height = MathF.Min(Bottom, other.Bottom) - MathF.Max(Top, other.Top);
        if (!(width > 0) || !(height > 0))
        {
            return 0;
        }

        float both = width * height;
        return both / (Area + other.Area - both);
    }
}
