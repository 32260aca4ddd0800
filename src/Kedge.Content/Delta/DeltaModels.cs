using Kedge.Content.Delta.Coding;
using Kedge.Content.Formats;

namespace Kedge.Content.Delta;

/// <summary>
/// What all codecs have learned within a segment; memory is taken when a codec is first used and kept.
/// </summary>
internal sealed class DeltaModels
{
    private const int Kinds = (int)ElementKind.Int64 + 1;
    private const int ByteContexts = 256;

    private readonly DifferenceModels?[] _differences = new DifferenceModels?[Kinds * 2];
    private readonly FloatModels?[] _floats = new FloatModels?[Kinds];
    private readonly ByteModels?[] _bytes = new ByteModels?[3];
    private RatioModels? _ratio;
    private ulong _used;

    /// <summary>Forgets everything: a segment begins.</summary>
    public void Begin() => _used = 0;

    /// <summary>For differences from the base, or of elements by themselves.</summary>
    public DifferenceModels Difference(ElementKind element, bool isAlone)
    {
        int index = ((int)element * 2) + (isAlone ? 1 : 0);
        DifferenceModels models = _differences[index] ??= new DifferenceModels();
        if (IsFirstUse(index))
        {
            models.Reset();
        }

        return models;
    }

    /// <summary>For floating-point numbers by themselves.</summary>
    public FloatModels Float(ElementKind element)
    {
        FloatModels models = _floats[(int)element] ??= new FloatModels();
        if (IsFirstUse((Kinds * 2) + (int)element))
        {
            models.Reset();
        }

        return models;
    }

    /// <summary>For bytes: by the old one (0), by place (1), by spread (2).</summary>
    public ByteModels Bytes(int way)
    {
        ByteModels models = _bytes[way] ??= new ByteModels();
        if (IsFirstUse((Kinds * 3) + way))
        {
            models.Reset(ByteContexts);
        }

        return models;
    }

    /// <summary>For quantised elements against those of the base.</summary>
    public RatioModels Ratio()
    {
        _ratio ??= new RatioModels();
        if (IsFirstUse((Kinds * 3) + 3))
        {
            _ratio.Reset();
        }

        return _ratio;
    }

    private bool IsFirstUse(int index)
    {
        ulong bit = 1UL << index;
        bool isFirst = (_used & bit) == 0;
        _used |= bit;
        return isFirst;
    }
}
