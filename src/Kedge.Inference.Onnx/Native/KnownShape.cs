namespace Kedge.Inference.Onnx.Native;

/// <summary>A shape that was seen, or none yet.</summary>
internal sealed class KnownShape
{
    private readonly long[] _shape = new long[InferenceLimits.RankMax];
    private int _rank = -1;

    /// <summary>True when one was seen.</summary>
    internal bool IsKnown => _rank >= 0;

    /// <summary>It; empty where none was seen.</summary>
    internal ReadOnlySpan<long> Shape => _shape.AsSpan(0, Math.Max(_rank, 0));

    internal bool Is(ReadOnlySpan<long> shape) => shape.Length == _rank && shape.SequenceEqual(Shape);

    internal void Set(ReadOnlySpan<long> shape)
    {
        shape.CopyTo(_shape);
        _rank = shape.Length;
    }

    internal void Forget() => _rank = -1;
}
