using System.Buffers.Binary;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Delta;

/// <summary>The head of a delta: which file it makes, out of which one (docs/protocol/delta.md).</summary>
public sealed record DeltaHeader
{
    /// <summary>The version that is written.</summary>
    public const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "kedgedlt"u8;

    /// <summary>Digest of the file that it makes.</summary>
    public required Digest Target { get; init; }

    /// <summary>Length of that file, 0..<see cref="DeltaLimits.FileBytesMax"/>.</summary>
    public required long TargetBytes { get; init; }

    /// <summary>Digest of the file that it is made from; null when it stands alone.</summary>
    public required Digest? Base { get; init; }

    /// <summary>Length of that file; 0 when there is none.</summary>
    public required long BaseBytes { get; init; }

    /// <summary>How many segments follow, 0 only for an empty file.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>Bytes of the index, which follows the head.</summary>
    public int IndexBytes => SegmentCount * DeltaLimits.IndexEntryBytes;

    /// <summary>Where the first segment begins.</summary>
    public int FrontBytes => DeltaLimits.HeaderBytes + IndexBytes;

    /// <summary>Reads the head. Never throws, whatever the bytes.</summary>
    /// <param name="bytes">At least <see cref="DeltaLimits.HeaderBytes"/>; the rest is not looked at.</param>
    /// <param name="header">What it says; null when the answer is false.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DeltaHeader? header, out Finding? finding)
    {
        header = null;
        if (bytes.Length < DeltaLimits.HeaderBytes || !bytes.StartsWith(Magic))
        {
            finding = DeltaErrors.Malformed.At("The bytes are not the head of a delta.");
            return false;
        }

        int version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (version != Version)
        {
            finding = DeltaErrors.Version.At($"The delta has version {version}, not {Version}.");
            return false;
        }

        long targetBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        long baseBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        uint segments = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        bool hasBase = (bytes[10] & 1) != 0;
        if (targetBytes is < 0 or > DeltaLimits.FileBytesMax || baseBytes is < 0 or > DeltaLimits.FileBytesMax
            || (!hasBase && baseBytes != 0) || bytes[10] > 1 || bytes[11] != 0)
        {
            finding = DeltaErrors.Malformed.At("The head of the delta claims impossible lengths or unknown features.");
            return false;
        }

        long segmentsMin = (targetBytes + DeltaLimits.SegmentBytesMax - 1) / DeltaLimits.SegmentBytesMax;
        if (segments < segmentsMin || segments > segmentsMin * 2)
        {
            finding = DeltaErrors.Malformed.At($"The delta claims {segments} segments for {targetBytes} bytes.");
            return false;
        }

        finding = null;
        header = new DeltaHeader
        {
            Target = Digest.FromHash(bytes.Slice(32, 32)),
            TargetBytes = targetBytes,
            Base = hasBase ? Digest.FromHash(bytes.Slice(64, 32)) : null,
            BaseBytes = baseBytes,
            SegmentCount = (int)segments,
        };
        return true;
    }

    /// <summary>Writes the head.</summary>
    /// <param name="into">At least <see cref="DeltaLimits.HeaderBytes"/>.</param>
    public void Write(Span<byte> into)
    {
        into = into[..DeltaLimits.HeaderBytes];
        into.Clear();
        Magic.CopyTo(into);
        BinaryPrimitives.WriteUInt16LittleEndian(into[8..], Version);
        into[10] = (byte)(Base is null ? 0 : 1);
        BinaryPrimitives.WriteUInt32LittleEndian(into[12..], (uint)SegmentCount);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], TargetBytes);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], BaseBytes);
        Target.CopyTo(into[32..]);
        if (Base is { } digest)
        {
            digest.CopyTo(into[64..]);
        }
    }
}
