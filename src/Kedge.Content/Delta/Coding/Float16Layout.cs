using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Kedge.Content.Delta.Coding;

/// <summary>16-bit IEEE 754.</summary>
internal readonly struct Float16Layout : IElementLayout
{
    public static int Bits => 16;

    public static int ExponentBits => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Load(ReadOnlySpan<byte> elements, int index) =>
        BinaryPrimitives.ReadUInt16LittleEndian(elements[(index * 2)..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Span<byte> elements, int index, ulong element) =>
        BinaryPrimitives.WriteUInt16LittleEndian(elements[(index * 2)..], (ushort)element);
}
