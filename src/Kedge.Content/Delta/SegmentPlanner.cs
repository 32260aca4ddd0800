using Kedge.Content.Formats;
using Kedge.Core.Errors;

namespace Kedge.Content.Delta;

/// <summary>
/// Decides how each byte of a segment is made. The target is taken tensor by tensor, with what lies between them; each
/// piece is laid beside the bytes of the base that should be the same: a tensor beside its partner, what lies between
/// beside what lies next to the partners. Equal runs are copied; what differs is looked up among the chunks that the
/// base
/// has elsewhere; what is left of a tensor is given to the codec that a sample speaks for, all else becomes literals.
/// </summary>
internal sealed class SegmentPlanner
{
    private const int TensorBlockBytes = 2_048;
    private const int OtherBlockBytes = 64;
    private const int TensorRunMin = 64;
    private const int OtherRunMin = 8;
    private const int MatchBytesMin = 1_024;

    private readonly DeltaFile _target;
    private readonly DeltaFile? _base;
    private readonly TensorPairs _pairs;
    private readonly ChunkMatches _matches;
    private readonly ElementChooser _chooser = new();
    private readonly byte[] _beside = new byte[DeltaLimits.SegmentBytesMax];
    private int _tensor;

    public SegmentPlanner(DeltaFile target, DeltaFile? baseFile)
    {
        _target = target;
        _base = baseFile;
        _pairs = new TensorPairs(target.Tensors, baseFile?.Tensors ?? TensorMap.Empty);
        _matches = new ChunkMatches(target.Chunks, baseFile?.Chunks ?? []);
    }

    /// <summary>How far the base is behind the target where the last piece lay: base offset minus target
    /// offset.</summary>
    public long Displacement { get; private set; }

    /// <summary>The bytes of the base beside those of the segment; of use only where a part is a difference.</summary>
    public ReadOnlySpan<byte> Beside => _beside;

    /// <summary>Plans the next segment; segments come in order.</summary>
    public void Plan(long offset, Span<byte> bytes, SegmentPlan plan)
    {
        plan.Clear();
        while (plan.Bytes < bytes.Length)
        {
            long at = offset + plan.Bytes;
            while (_tensor < _target.Tensors.Spans.Length && _target.Tensors.Spans[_tensor].End <= at)
            {
                _tensor++;
            }

            TensorSpan? next = _tensor < _target.Tensors.Spans.Length ? _target.Tensors.Spans[_tensor] : null;
            bool isInside = next is not null && next.Offset <= at;
            long end = Math.Min(
                offset + bytes.Length, next is null ? _target.Bytes : isInside ? next.End : next.Offset);
            Piece piece = new(at, (int)(end - at), plan.Bytes, isInside ? next : null);
            PlanPiece(piece, bytes.Slice(piece.Start, piece.Bytes), plan);
        }
    }

    private void PlanPiece(Piece piece, Span<byte> bytes, SegmentPlan plan)
    {
        TensorSpan? partner = piece.Tensor is null ? null : _pairs[_tensor];
        if (partner is not null && piece.Tensor is not null)
        {
            Displacement = partner.Offset - piece.Tensor.Offset;
        }

        long from = piece.Offset + Displacement;
        int blockBytes = piece.Tensor is null ? OtherBlockBytes : TensorBlockBytes;
        int beside = LoadBeside(piece, from, partner);
        if (piece.Tensor is null)
        {
            PlanBetween(piece, bytes, beside, plan);
            return;
        }

        PlanRuns(piece, bytes, beside, blockBytes, plan);
    }

    /// <summary>What lies between tensors: beside what follows the partner before it, and at its end beside what comes
    /// before the partner after it.</summary>
    private void PlanBetween(Piece piece, Span<byte> bytes, int beside, SegmentPlan plan)
    {
        bool reachesNext = _tensor < _target.Tensors.Spans.Length
            && _target.Tensors.Spans[_tensor].Offset == piece.Offset + piece.Bytes;
        long? displacement = reachesNext && _pairs[_tensor] is { } partner
            ? partner.Offset - _target.Tensors.Spans[_tensor].Offset
            : null;
        int suffix = 0;
        if (displacement is { } other && other != Displacement)
        {
            suffix = CommonSuffix(piece, bytes, other);
            suffix = suffix >= OtherRunMin ? suffix : 0;
        }

        int front = piece.Bytes - suffix;
        Piece head = piece with { Bytes = front };
        PlanRuns(head, bytes[..front], Math.Min(beside, front), OtherBlockBytes, plan);
        if (suffix > 0 && displacement is { } after)
        {
            plan.Add(new SegmentPart(PartKind.CopyBase, suffix, piece.Offset + front + after));
        }
    }

    private int CommonSuffix(Piece piece, ReadOnlySpan<byte> bytes, long displacement)
    {
        Span<byte> window = stackalloc byte[4_096];
        int suffix = 0;
        while (suffix < bytes.Length)
        {
            int count = Math.Min(window.Length, bytes.Length - suffix);
            long from = piece.Offset + bytes.Length - suffix - count + displacement;
            if (from < 0 || _base is null || from + count > _base.Bytes)
            {
                return suffix;
            }

            Fill(_base, from, window[..count]);
            ReadOnlySpan<byte> here = bytes.Slice(bytes.Length - suffix - count, count);
            int same = 0;
            while (same < count && here[count - 1 - same] == window[count - 1 - same])
            {
                same++;
            }

            suffix += same;
            if (same < count)
            {
                return suffix;
            }
        }

        return suffix;
    }

    /// <summary>Reads the base beside a piece; how many bytes there are.</summary>
    private int LoadBeside(Piece piece, long from, TensorSpan? partner)
    {
        if (_base is null || from < 0 || (piece.Tensor is not null && partner is null))
        {
            return 0;
        }

        long end = partner?.End ?? _base.Bytes;
        int count = (int)Math.Clamp(end - from, 0, piece.Bytes);
        Fill(_base, from, _beside.AsSpan(piece.Start, count));
        return count;
    }

    /// <summary>Splits a piece into runs that equal the base and runs that do not.</summary>
    private void PlanRuns(Piece piece, Span<byte> bytes, int beside, int blockBytes, SegmentPlan plan)
    {
        int elementBytes = ElementKinds.Bytes(piece.Tensor?.Element ?? ElementKind.Unknown);
        ReadOnlySpan<byte> old = _beside.AsSpan(piece.Start, beside);
        int at = 0;
        int changed = 0;
        while (at < bytes.Length)
        {
            int same = at < beside ? ((ReadOnlySpan<byte>)bytes[at..]).CommonPrefixLength(old[at..]) : 0;
            bool isRest = same > 0 && at + same == bytes.Length;
            same -= isRest ? 0 : same % elementBytes;
            if (!plan.IsFull && same >= (isRest ? 1 : piece.Tensor is null ? OtherRunMin : TensorRunMin))
            {
                PlanChanged(piece, bytes, changed..at, beside, plan);
                plan.Add(new SegmentPart(PartKind.CopyBase, same, piece.Offset + at + Displacement));
                at += same;
                changed = at;
                continue;
            }

            at += same;
            at = NextEqualBlock(bytes, old, at, blockBytes);
        }

        PlanChanged(piece, bytes, changed..bytes.Length, beside, plan);
    }

    private static int NextEqualBlock(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> old, int at, int blockBytes)
    {
        for (int block = (at / blockBytes) + 1; (block + 1) * blockBytes <= old.Length; block++)
        {
            int start = block * blockBytes;
            if (bytes.Slice(start, blockBytes).SequenceEqual(old.Slice(start, blockBytes)))
            {
                return start;
            }
        }

        return bytes.Length;
    }

    /// <summary>What differs from the base beside it: perhaps it stands elsewhere.</summary>
    private void PlanChanged(Piece piece, Span<byte> bytes, Range range, int beside, SegmentPlan plan)
    {
        (int at, int count) = range.GetOffsetAndLength(bytes.Length);
        int end = at + count;
        while (at < end && !plan.IsFull && _matches.From(piece.Offset + at) is { } match
            && match.TargetOffset < piece.Offset + end)
        {
            int start = (int)Math.Max(at, match.TargetOffset - piece.Offset);
            int stop = (int)Math.Min(end, match.End - piece.Offset);
            long from = match.From + (piece.Offset + start - match.TargetOffset);
            bool isUseful = stop - start >= Math.Min(MatchBytesMin, count);
            if (!isUseful)
            {
                break;
            }

            PlanElements(piece, bytes, at..start, beside, plan);
            PartKind kind = match.IsEarlier ? PartKind.CopyEarlier : PartKind.CopyBase;
            bool isBefore = !match.IsEarlier || from + (stop - start) <= piece.Offset - piece.Start;
            if (isBefore)
            {
                plan.Add(new SegmentPart(kind, stop - start, from));
            }
            else
            {
                PlanElements(piece, bytes, start..stop, beside, plan);
            }

            if (!match.IsEarlier && piece.Tensor is null)
            {
                Displacement = match.From - match.TargetOffset;
            }

            at = stop;
        }

        PlanElements(piece, bytes, at..end, beside, plan);
    }

    /// <summary>What stands nowhere else: whole elements go to a codec, the rest becomes literals.</summary>
    private void PlanElements(Piece piece, Span<byte> bytes, Range range, int beside, SegmentPlan plan)
    {
        (int at, int count) = range.GetOffsetAndLength(bytes.Length);
        if (piece.Tensor is null || plan.IsFull)
        {
            plan.Add(new SegmentPart(PartKind.Literal, count));
            return;
        }

        int elementBytes = ElementKinds.Bytes(piece.Tensor.Element);
        long intoTensor = piece.Offset + at - piece.Tensor.Offset;
        int skipped = Math.Min(count, (int)((elementBytes - (intoTensor % elementBytes)) % elementBytes));
        plan.Add(new SegmentPart(PartKind.Literal, skipped));
        at += skipped;
        count -= skipped;
        int whole = count - (count % elementBytes);
        int paired = Math.Clamp(beside - at, 0, whole);
        paired -= paired % elementBytes;
        AddElements(piece, bytes.Slice(at, paired), at, isPaired: true, plan);
        AddElements(piece, bytes.Slice(at + paired, whole - paired), at + paired, isPaired: false, plan);
        plan.Add(new SegmentPart(PartKind.Literal, count - whole));
    }

    private void AddElements(Piece piece, Span<byte> bytes, int at, bool isPaired, SegmentPlan plan)
    {
        if (!bytes.IsEmpty && piece.Tensor is { } tensor)
        {
            ReadOnlySpan<byte> old = isPaired ? _beside.AsSpan(piece.Start + at, bytes.Length) : default;
            plan.Add(_chooser.Choose(tensor.Element, bytes, old, piece.Offset + at + Displacement));
        }
    }

    private static void Fill(DeltaFile file, long offset, Span<byte> into)
    {
        if (!file.File.TryFill(offset, into))
        {
            throw new KedgeException(
                DeltaErrors.Source,
                $"'{file.File.Name}' ({file.Digest.Short}) ends before byte {offset + into.Length}.");
        }
    }

    /// <summary>A tensor, or what lies between two, as far as it is in the segment.</summary>
    /// <param name="Offset">Where it begins in the target.</param>
    /// <param name="Bytes">How long it is.</param>
    /// <param name="Start">Where it begins in the segment.</param>
    /// <param name="Tensor">The tensor; null for what lies between.</param>
    private readonly record struct Piece(long Offset, int Bytes, int Start, TensorSpan? Tensor);
}
