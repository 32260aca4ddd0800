using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>64-bit IEEE 754.</summary>
internal readonly struct Float64Layout : IElementLayout
{
    public static int Bits => 64;

    public static int ExponentBits => 11;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ReadOnlySpan<byte> elements, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(elements[(index * 8)..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Span<byte> elements, int index, ulong element) =>
        BinaryPrimitives.WriteUInt64LittleEndian(elements[(index * 8)..], element);
}
