namespace Kedge.Content.Delta.Coding;

/// <summary>How the elements of one kind are laid out, for codecs that work on all of them.</summary>
internal interface IElementLayout
{
    /// <summary>Bits of an element: 16, 32 or 64.</summary>
    static abstract int Bits { get; }

    /// <summary>Bits of its exponent; 0 for an integer.</summary>
    static abstract int ExponentBits { get; }

    /// <summary>Reads an element by its index.</summary>
    static abstract ulong Load(ReadOnlySpan<byte> elements, int index);

    /// <summary>Writes an element by its index.</summary>
    static abstract void Store(Span<byte> elements, int index, ulong element);
}
