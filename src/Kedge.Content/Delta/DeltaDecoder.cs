using Kedge.Content.Delta.Coding;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Zstd;

namespace Kedge.Content.Delta;

/// <summary>
/// Makes the bytes of one segment of a target out of its encoded form, the base and the target before it. Whatever the
/// bytes, it allocates no more than some four MiB and reads nothing outside the base and what is there of the target;
/// it
/// does not know whether the result is right: the caller checks the digests of the chunks that become whole. Each
/// segment stands alone, so decoding may begin at any of them. One object serves one thread at a time.
/// </summary>
public sealed class DeltaDecoder : IDisposable
{
    private readonly ModelFile? _base;
    private readonly ModelFile _earlier;
    private readonly DeltaModels _models = new();
    private readonly List<SegmentPart> _parts = [];
    private byte[] _literals = [];
    private byte[] _prefix = [];
    private ZstdDecompressor? _decompressor;

    /// <summary>Makes a decoder for one delta.</summary>
    /// <param name="baseFile">The file that the delta's head names; null when it names none.</param>
    /// <param name="earlier">Reads the target, as far as it is there: segments look back into it.</param>
    public DeltaDecoder(ModelFile? baseFile, ByteReader earlier)
    {
        _base = baseFile;
        _earlier = new ModelFile("the target", long.MaxValue, earlier);
    }

    /// <summary>Decodes one segment. Never throws, whatever the bytes, unless a reader does.</summary>
    /// <param name="encoded">All bytes of the segment.</param>
    /// <param name="targetOffset">Where its bytes begin in the target; what lies before is read where needed.</param>
    /// <param name="into">Room for exactly the bytes that the index says. What it holds after a refusal is
    /// undefined.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public bool TryDecode(ReadOnlySpan<byte> encoded, long targetOffset, Span<byte> into, out Finding? finding)
    {
        Check.That(targetOffset >= 0);
        Check.That(into.Length is > 0 and <= DeltaLimits.SegmentBytesMax);
        if (!encoded.IsEmpty && encoded[0] == SegmentForm.Raw)
        {
            return TryRaw(encoded[1..], into, out finding);
        }

        SegmentForm form = default;
        SegmentBounds bounds = new(targetOffset, into.Length, _base?.Bytes ?? 0);
        if (encoded.IsEmpty || encoded[0] != SegmentForm.Parts || !form.TryRead(encoded[1..], bounds, _parts))
        {
            finding = DeltaErrors.Segment.At($"The segment for the bytes from {targetOffset} is malformed.");
            return false;
        }

        finding = TryLiterals(form, targetOffset, out ReadOnlySpan<byte> literals)
            ?? MakeParts(form, literals, into);
        return finding is null;
    }

    /// <inheritdoc/>
    public void Dispose() => _decompressor?.Dispose();

    private static bool TryRaw(ReadOnlySpan<byte> bytes, Span<byte> into, out Finding? finding)
    {
        bool isWhole = bytes.Length == into.Length;
        finding = isWhole ? null : DeltaErrors.Segment.At("A segment has another length than its index says.");
        if (isWhole)
        {
            bytes.CopyTo(into);
        }

        return isWhole;
    }

    private Finding? TryLiterals(SegmentForm form, long targetOffset, out ReadOnlySpan<byte> literals)
    {
        int literalBytes = 0;
        foreach (SegmentPart part in _parts)
        {
            literalBytes += part.Kind == PartKind.Literal ? part.Bytes : 0;
        }

        literals = form.Literals;
        if (!form.IsCompressed)
        {
            return literals.Length == literalBytes
                ? null
                : DeltaErrors.Segment.At("A segment has more or fewer bytes than its parts take.");
        }

        if (!ZstdLibrary.IsPresent)
        {
            return ZstdErrors.LibraryAbsent.At("The delta was compressed with zstd, which is not installed here.");
        }

        SegmentPrefix prefix = form.Prefix;
        Span<byte> window = Room(ref _prefix, prefix.Bytes);
        if (prefix.BaseBytes > 0
            && !_base!.TryFill(prefix.BaseOffset, window[..prefix.BaseBytes])) // bounds were checked
        {
            return BaseEnded();
        }

        if (!_earlier.TryFill(targetOffset - prefix.EarlierBytes, window[prefix.BaseBytes..]))
        {
            return DeltaErrors.Source.At("The part of the file that is there is shorter than it should be.");
        }

        Span<byte> room = Room(ref _literals, literalBytes);
        _decompressor ??= new ZstdDecompressor();
        literals = room;
        return _decompressor.TryDecompress(form.Literals, window, room)
            ? null
            : DeltaErrors.Segment.At("The compressed bytes of a segment are damaged.");
    }

    private Finding? MakeParts(SegmentForm form, ReadOnlySpan<byte> literals, Span<byte> into)
    {
        _models.Begin();
        EntropyReader coder = new(form.Decisions, form.Plain);
        foreach (SegmentPart part in _parts)
        {
            Span<byte> room = into[..part.Bytes];
            into = into[part.Bytes..];
            if (part.UsesBase && !_base!.TryFill(part.From, room)) // parts outside the base were refused
            {
                return BaseEnded();
            }

            switch (part.Kind)
            {
                case PartKind.Literal:
                    literals[..part.Bytes].CopyTo(room);
                    literals = literals[part.Bytes..];
                    break;
                case PartKind.CopyEarlier when !_earlier.TryFill(part.From, room):
                    return DeltaErrors.Source.At("The part of the file that is there is shorter than it should be.");
                case PartKind.Difference or PartKind.Alone:
                    PartCodec.Code(ref coder, _models, part, room, room);
                    break;
                case PartKind.Unknown or PartKind.CopyBase or PartKind.CopyEarlier:
                default:
                    break;
            }
        }

        return null;
    }

    private Finding BaseEnded() =>
        DeltaErrors.Source.At($"'{_base?.Name}' is shorter than {_base?.Bytes} bytes by now.");

    private static Span<byte> Room(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            buffer = new byte[bytes];
        }

        return buffer.AsSpan(0, bytes);
    }
}
