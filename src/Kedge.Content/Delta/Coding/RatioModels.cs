namespace Kedge.Content.Delta.Coding;

/// <summary>What <see cref="RatioCodec"/> has learned within a segment.</summary>
internal sealed class RatioModels
{
    /// <summary>Steps of a residual that have decisions of their own.</summary>
    public const int StepsMax = 14;

    private const int Fractions = 8;
    private const int Levels = 8;

    private readonly uint[] _nodes = new uint[Fractions * Levels * 16];

    /// <summary>How large residuals were of late, in 16ths.</summary>
    public MovingLevel Level;

    /// <summary>Whether a residual is none (0), its sign (1), and its steps (2 and on).</summary>
    public Span<uint> Nodes(int fraction, int level) =>
        _nodes.AsSpan(((fraction * Levels) + Math.Min(level, Levels - 1)) * 16, 16);

    /// <summary>Forgets everything: a segment begins.</summary>
    public void Reset()
    {
        _nodes.AsSpan().Fill(BitModel.Fresh);
        Level = default;
    }
}
