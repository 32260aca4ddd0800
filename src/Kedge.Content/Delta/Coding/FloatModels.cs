namespace Kedge.Content.Delta.Coding;

/// <summary>What <see cref="FloatCodec"/> has learned within a segment.</summary>
internal sealed class FloatModels
{
    /// <summary>Steps from the expected exponent before it is written plain.</summary>
    public const int StepsMax = 14;

    private const int Phases = 4;
    private const int Heights = 32;

    private readonly uint[] _zero = new uint[4];
    private readonly uint[] _sign = new uint[2];
    private readonly uint[] _steps = new uint[Phases * 32];
    private readonly uint[] _top = new uint[Heights * 4];

    /// <summary>Where exponents were of late, in 16ths.</summary>
    public MovingLevel Level;

    /// <summary>Whether the last two elements were zero.</summary>
    public int ZeroHistory;

    /// <summary>The last sign, 0 or 1.</summary>
    public int LastSign;

    /// <summary>Whether an element is zero, by what came before.</summary>
    public ref uint Zero => ref _zero[ZeroHistory];

    /// <summary>The sign, by the last one.</summary>
    public ref uint Sign => ref _sign[LastSign];

    /// <summary>Steps from the expected exponent: up in the first half, down in the second.</summary>
    public Span<uint> Steps => _steps.AsSpan(((Level.Value & 15) >> 2) * 32, 32);

    /// <summary>The two upper bits of the mantissa, by how far the exponent is from the expected one.</summary>
    public Span<uint> Top(int above) => _top.AsSpan(Math.Clamp(above + (Heights / 2), 0, Heights - 1) * 4, 4);

    /// <summary>Forgets everything: a segment begins.</summary>
    public void Reset()
    {
        _zero.AsSpan().Fill(BitModel.Fresh);
        _sign.AsSpan().Fill(BitModel.Fresh);
        _steps.AsSpan().Fill(BitModel.Fresh);
        _top.AsSpan().Fill(BitModel.Fresh);
        Level = default;
        ZeroHistory = 0;
        LastSign = 0;
    }
}
