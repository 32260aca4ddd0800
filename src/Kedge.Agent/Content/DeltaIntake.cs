using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Content;

/// <summary>
/// Takes a delta as it arrives and appends what it makes. Everything that it knows can be found again from the disk:
/// the front (header and index), the tail (bytes of the segment under way) and the file as far as it is there.
/// </summary>
internal sealed class DeltaIntake : IContentSink, IDisposable
{
    private readonly FileFetch _fetch;
    private readonly TailFile _front;
    private readonly FetchLine _line;
    private readonly ContentStore _store;
    private LocalFile? _base;
    private DeltaHeader? _header;
    private DeltaIndex? _index;
    private DeltaDecoder? _decoder;
    private byte[] _made = [];
    private int _begun;

    /// <summary>Finds what is there.</summary>
    /// <param name="store">Where content is kept.</param>
    /// <param name="fetch">The file.</param>
    /// <param name="front">Header and index, as far as they came; loaded.</param>
    /// <param name="line">Pace and counters.</param>
    internal DeltaIntake(ContentStore store, FileFetch fetch, TailFile front, FetchLine line)
    {
        (_store, _fetch, _front, _line) = (store, fetch, front, line);
        _base = front.Head is { Of.IsNone: false } held
            ? fetch.Local.FileOf(held.Of)
            : fetch.Local.BaseOf(fetch.File);
        bool isOurs = front.Head is { Kind: TailKind.DeltaIndex, From: 0, Tag.Length: > 0 } head
            && (head.Of.IsNone || head.Of == _base?.Digest);
        if (!isOurs)
        {
            front.Drop();
            _base ??= fetch.Local.BaseOf(fetch.File);
        }

        TakeRest();
        ReadFront();
    }

    /// <summary>What is wrong with the delta; null for nothing so far.</summary>
    internal Finding? Wrong { get; private set; }

    /// <summary>Bytes that this intake took.</summary>
    internal long Taken { get; private set; }

    /// <summary>For people.</summary>
    internal string What => _fetch.File.Path;

    private PartialFile Partial => _fetch.Partial;

    private TailFile Tail => _fetch.Tail;

    /// <summary>What to ask for next; null when the file is whole or the delta is wrong.</summary>
    internal ContentAsk? Next()
    {
        if (_index is not null)
        {
            BeginSegment();
        }

        if (Wrong is not null || _fetch.IsWhole)
        {
            return null;
        }

        ContentName name = new ContentName.Delta(_fetch.File.Digest, _front.Head?.Of ?? _base?.Digest ?? default);
        return _index is null
            ? new ContentAsk
            {
                Name = name,
                From = _front.Count,
                // Where the file begins elsewhere than the delta does, not a byte more than is needed.
                To = Partial.Bytes > 0 ? _header?.FrontBytes ?? DeltaLimits.HeaderBytes : 0,
                Tag = _front.Head?.Tag ?? "",
            }
            : new ContentAsk
            {
                Name = name,
                From = Segment.EncodedOffset + Tail.Count,
                Tag = _front.Head!.Tag, // It has an index.
            };
    }

    public ValueTask<bool> BeginAsync(ContentHead head, CancellationToken cancel)
    {
        if (head.Tag.Length == 0 || head.IsZstd)
        {
            return Refuse("it comes without a strong entity tag, or compressed once more");
        }

        if (_front.Head is { } held && held.Tag == head.Tag && held.Total == head.Bytes)
        {
            long expected = _index is null ? _front.Count : Segment.EncodedOffset + Tail.Count;
            return head.From == expected
                ? new ValueTask<bool>(true)
                : Refuse($"it goes on at byte {head.From} and not at {expected}");
        }

        if (head.From > 0)
        {
            return Refuse("it goes on with another container");
        }

        // A server that was replaced, or the first time: what was made of the file stays.
        if (++_begun > AgentLimits.DeltaBeginsMax)
        {
            return Refuse("it is another container at every answer");
        }

        (_header, _index) = (null, null);
        Tail.Drop();
        _front.Begin(new TailHead
        {
            Kind = TailKind.DeltaIndex,
            Of = _base?.Digest ?? default,
            Tag = head.Tag,
            Total = head.Bytes,
        });
        return new ValueTask<bool>(true);
    }

    public async ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        Taken += piece.Length;
        _line.Count("delta", piece.Length);
        bool goesOn = Take(piece.Span);
        await _line.PayAsync(piece.Length, cancel).ConfigureAwait(false);
        return goesOn;
    }

    /// <summary>Forgets the delta; chunks that it made stay.</summary>
    internal void GiveUp()
    {
        Partial.DropBack();
        Tail.Drop();
        _front.Delete();
    }

    public void Dispose() => _decoder?.Dispose();

    /// <summary>The segment that makes the next byte of the file.</summary>
    private DeltaSegment Segment => _index![_index.SegmentAt(Partial.Bytes)]; // Asked once there is an index.

    private bool Take(ReadOnlySpan<byte> piece)
    {
        while (piece.Length > 0 && Wrong is null)
        {
            if (_index is null)
            {
                int room = (_header?.FrontBytes ?? DeltaLimits.HeaderBytes) - _front.Count;
                int part = Math.Min(room, piece.Length);
                _front.Add(piece[..part]);
                piece = piece[part..];
                ReadFront();
                if (_index is not null && !GoesOnBehindFront())
                {
                    return false;
                }
            }
            else
            {
                BeginSegment();
                if (Wrong is not null || _fetch.IsWhole)
                {
                    return false;
                }

                int part = Math.Min(Segment.EncodedBytes - Tail.Count, piece.Length);
                Tail.Add(piece[..part]);
                piece = piece[part..];
                BeginSegment();
            }
        }

        return Wrong is null && !_fetch.IsWhole;
    }

    /// <summary>False where the file or its tail goes on elsewhere: it is asked for from there.</summary>
    private bool GoesOnBehindFront()
    {
        BeginSegment();
        return Wrong is null && !_fetch.IsWhole && Segment.EncodedOffset + Tail.Count == _front.Count;
    }

    /// <summary>Makes what can be made, then lets the tail be that of the next segment.</summary>
    private void BeginSegment()
    {
        while (Wrong is null && !_fetch.IsWhole)
        {
            DeltaSegment segment = Segment;
            bool isHeld = Tail.Head is { Kind: TailKind.DeltaSegment } head && head.Tag == _front.Head!.Tag
                && head.From == segment.EncodedOffset && Tail.Count <= segment.EncodedBytes;
            if (!isHeld)
            {
                Tail.Begin(new TailHead
                {
                    Kind = TailKind.DeltaSegment,
                    Of = _front.Head!.Of, // An index has a head.
                    Tag = _front.Head.Tag,
                    From = segment.EncodedOffset,
                    Total = _front.Head.Total,
                    FileBytes = Partial.Bytes,
                    RestCheck = Partial.RestCheck(),
                });
            }

            if (Tail.Count < segment.EncodedBytes)
            {
                return;
            }

            Make(segment);
        }

        if (_fetch.IsWhole)
        {
            Tail.Drop();
        }
    }

    private void Make(DeltaSegment segment)
    {
        _decoder ??= new DeltaDecoder(
            _header!.Base is null ? null : new ModelFile(_base!.Name, _base.Bytes, Reader(_base.Path)),
            Reader(Partial.Path));
        _made = _made.Length > 0 ? _made : new byte[DeltaLimits.SegmentBytesMax];
        Span<byte> made = _made.AsSpan(0, segment.TargetBytes);
        if (!_decoder.TryDecode(Tail.Bytes.Span, segment.TargetOffset, made, out Finding? finding))
        {
            Wrong = finding;
            return;
        }

        int known = (int)(Partial.Bytes - segment.TargetOffset);
        if (!Partial.TryAppend(made[known..]))
        {
            Wrong = AgentErrors.ContentChanged.At($"chunk {_fetch.NextChunk.Digest.Short} is not what it must be");
        }
    }

    private ByteReader Reader(string path) => (offset, into) => _store.ReadAt(path, offset, into);

    /// <summary>Reads header and index where they are there, and holds them against what was asked for.</summary>
    private void ReadFront()
    {
        Finding? finding = null;
        if (_header is null && _front.Count >= DeltaLimits.HeaderBytes
            && DeltaHeader.TryRead(_front.Bytes.Span, out DeltaHeader? header, out finding))
        {
            bool fits = header!.Target == _fetch.File.Digest && header.TargetBytes == _fetch.File.Bytes
                && header.FrontBytes <= TailFile.BytesMax
                && (header.Base is null || (header.Base == _base?.Digest && header.BaseBytes == _base?.Bytes));
            _header = fits ? header : null;
            finding = fits ? null : DeltaErrors.Malformed.At("It is for another file, or from another base.");
        }

        if (_header is not null && _index is null && _front.Count >= _header.FrontBytes
            && DeltaIndex.TryRead(
                _header, _front.Bytes.Span[DeltaLimits.HeaderBytes..], out DeltaIndex? index, out finding))
        {
            _index = index!.ContainerBytes == _front.Head!.Total ? index : null; // It was begun with one.
            finding = _index is not null ? null : DeltaErrors.Malformed.At(
                $"Its index says {index.ContainerBytes} bytes, the source {_front.Head.Total}.");
        }

        Wrong ??= finding;
    }

    /// <summary>Takes bytes of the next chunk that an agent before this one made.</summary>
    private void TakeRest()
    {
        if (Partial.RestBytes == 0 && Tail.Head is { Kind: TailKind.DeltaSegment } head
            && head.FileBytes > Partial.ChunkBytes
            && head.FileBytes - Partial.ChunkBytes < Core.Models.ModelLimits.ChunkBytesMax)
        {
            _ = Partial.TryTakeRest(
                (int)(head.FileBytes - Partial.ChunkBytes), rest => TailHead.CheckOf(rest) == head.RestCheck);
        }
    }

    private ValueTask<bool> Refuse(string why)
    {
        Wrong = AgentErrors.SourceWrong.At(why);
        return new ValueTask<bool>(false);
    }
}
