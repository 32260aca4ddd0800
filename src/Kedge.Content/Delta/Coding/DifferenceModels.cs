namespace Kedge.Content.Delta.Coding;

/// <summary>What <see cref="DifferenceCodec"/> has learned within a segment.</summary>
internal sealed class DifferenceModels
{
    /// <summary>Expected classes are told apart in halves, from -8 up: see <see cref="DifferenceCodec"/>.</summary>
    public const int Contexts = 144;

    /// <summary>Steps up or down from the expected class that have models of their own.</summary>
    public const int StepsMax = 32;

    private readonly uint[] _zero = new uint[Contexts * 4];
    private readonly uint[] _steps = new uint[Contexts * StepsMax * 2];
    private readonly uint[] _sign = new uint[8];
    private readonly uint[] _top = new uint[Contexts * 4 * 4];

    /// <summary>Where differences were of late, in 16ths of a class above the old element's exponent.</summary>
    public MovingLevel Level;

    /// <summary>Whether the last two differences were none.</summary>
    public int ZeroHistory;

    /// <summary>Whether a difference is none, by what came before.</summary>
    public ref uint Zero(int context) => ref _zero[(context * 4) + ZeroHistory];

    /// <summary>Steps from the expected class: up in the first half, down in the second.</summary>
    public Span<uint> Steps(int context) => _steps.AsSpan(context * StepsMax * 2, StepsMax * 2);

    /// <summary>The sign of a difference.</summary>
    public ref uint Sign(int context) => ref _sign[context];

    /// <summary>The two bits below the leading one, by how far the class is above the expected one.</summary>
    public Span<uint> Top(int context, int above) => _top.AsSpan(((context * 4) + above) * 4, 4);

    /// <summary>Forgets everything: a segment begins.</summary>
    public void Reset()
    {
        _zero.AsSpan().Fill(BitModel.Fresh);
        _steps.AsSpan().Fill(BitModel.Fresh);
        _sign.AsSpan().Fill(BitModel.Fresh);
        _top.AsSpan().Fill(BitModel.Fresh);
        Level = default;
        ZeroHistory = 0;
    }
}
