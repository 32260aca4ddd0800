using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>32-bit integers.</summary>
internal readonly struct Word32Layout : IElementLayout
{
    public static int Bits => 32;

    public static int ExponentBits => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ReadOnlySpan<byte> elements, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(elements[(index * 4)..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Span<byte> elements, int index, ulong element) =>
        BinaryPrimitives.WriteUInt32LittleEndian(elements[(index * 4)..], (uint)element);
}
