using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Agent.Content;

/// <summary>What the bytes of a tail are.</summary>
internal enum TailKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>The envelope of a package.</summary>
    Envelope = 1,

    /// <summary>A chunk.</summary>
    OneChunk = 2,

    /// <summary>Header and index of a delta.</summary>
    DeltaIndex = 3,

    /// <summary>A segment of a delta.</summary>
    DeltaSegment = 4,
}

/// <summary>Which bytes of which representation stand in a tail.</summary>
internal sealed record TailHead
{
    /// <summary>Bytes of the longest head.</summary>
    internal const int BytesMax = FixedBytes + ContentAsk.TagCharsMax;

    private const int FixedBytes = 4 + 4 + 8 + 8 + 8 + 8 + 32 + CheckBytes;
    private const int CheckBytes = 8;
    private const uint Mark = 0x3154444B; // "KDT1"

    /// <summary>What they are.</summary>
    internal required TailKind Kind { get; init; }

    /// <summary>The package, the chunk, or the base of the delta; none for a delta without a base.</summary>
    internal required Digest Of { get; init; }

    /// <summary>Entity tag of the representation; may be empty.</summary>
    internal string Tag { get; init; } = "";

    /// <summary>True when the bytes are a zstd frame.</summary>
    internal bool IsZstd { get; init; }

    /// <summary>Where in the representation the first of them stands.</summary>
    internal long From { get; init; }

    /// <summary>Bytes of the whole representation.</summary>
    internal long Total { get; init; }

    /// <summary>Bytes of the file that were decoded before them; a delta's segment goes on there.</summary>
    internal long FileBytes { get; init; }

    /// <summary>Checks those of <see cref="FileBytes"/> that belong to no whole chunk.</summary>
    internal ulong RestCheck { get; init; }

    /// <summary>The first 8 bytes of a digest: enough against torn writes, not against people.</summary>
    internal static ulong CheckOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    internal byte[] Write()
    {
        byte[] tag = Encoding.Latin1.GetBytes(Tag);
        byte[] bytes = new byte[FixedBytes + tag.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
        (bytes[4], bytes[5], bytes[6], bytes[7]) =
            ((byte)Kind, IsZstd ? (byte)1 : (byte)0, (byte)tag.Length, Of.IsNone ? (byte)0 : (byte)1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), From);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Total);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), FileBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), RestCheck);
        Of.CopyTo(bytes.AsSpan(40));
        tag.CopyTo(bytes, 72);
        int checkAt = 72 + tag.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(checkAt), CheckOf(bytes.AsSpan(0, checkAt)));
        return bytes;
    }

    /// <summary>The head at the beginning of some bytes; null when there is none that is whole.</summary>
    /// <param name="bytes">Where it stands.</param>
    /// <param name="length">Bytes of it.</param>
    internal static TailHead? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length >= 8 ? FixedBytes + bytes[6] : int.MaxValue;
        if (length > bytes.Length || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[(length - CheckBytes)..])
                != CheckOf(bytes[..(length - CheckBytes)]))
        {
            return null;
        }

        TailHead head = new()
        {
            Kind = (TailKind)bytes[4],
            IsZstd = bytes[5] == 1,
            Of = bytes[7] == 1 ? Digest.FromHash(bytes.Slice(40, 32)) : default,
            From = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            Total = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            FileBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            RestCheck = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            Tag = Encoding.Latin1.GetString(bytes[72..(length - CheckBytes)]),
        };
        bool isSane = head.From >= 0 && head.Total >= head.From && head.FileBytes >= 0
            && head.Kind is > TailKind.Unknown and <= TailKind.DeltaSegment;
        return isSane ? head : null;
    }
}
