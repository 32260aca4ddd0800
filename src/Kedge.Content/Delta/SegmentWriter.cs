using Kedge.Content.Delta.Coding;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Zstd;

namespace Kedge.Content.Delta;

/// <summary>
/// Writes one planned segment, and tries what else might be smaller: where a quick compression of the same bytes comes
/// near, a thorough one is made too; what does not shrink at all is written as it is.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    private const int QuickLevel = 3;
    private const int LiteralsMin = 24;
    private const int WindowPerLiteral = 64;
    private const int WindowMin = 16 * 1024;
    private const int EarlierLiteralsMin = 16 * 1024;

    private readonly DeltaFile _target;
    private readonly DeltaFile? _base;
    private readonly DeltaModels _models = new();
    private readonly SegmentPlan _literalPlan = new();
    private readonly byte[] _decisions = new byte[DeltaLimits.SegmentBytesMax + 4_096];
    private readonly byte[] _plain = new byte[DeltaLimits.SegmentBytesMax + 4_096];
    private readonly byte[] _literals = new byte[DeltaLimits.SegmentBytesMax];
    private readonly byte[] _prefix = new byte[DeltaLimits.PrefixBytesMax * 2];
    private readonly byte[] _frame = new byte[DeltaLimits.EncodedBytesMax];
    private readonly ZstdCompressor? _quick;
    private readonly ZstdCompressor? _thorough;
    private List<byte> _written = [];
    private List<byte> _other = [];

    public SegmentWriter(DeltaFile target, DeltaFile? baseFile)
    {
        _target = target;
        _base = baseFile;
        _quick = ZstdLibrary.IsPresent ? new ZstdCompressor(new ZstdSettings(QuickLevel)) : null;
        _thorough = ZstdLibrary.IsPresent ? new ZstdCompressor(new ZstdSettings(ZstdSettings.LevelMax)) : null;
    }

    /// <summary>Writes a segment; what it returns is good until the next call.</summary>
    /// <param name="segment">The segment's bytes and the base beside them.</param>
    /// <param name="plan">How each of its bytes is made.</param>
    public List<byte> Write(SegmentContent segment, SegmentPlan plan)
    {
        bool fits = TryWrite(segment, plan, _written);
        if (plan.Parts.Any(static part => part.IsCoded))
        {
            plan.CopyWithoutCodecs(_literalPlan);
            if ((!fits || IsNear(segment, _written.Count)) && TryWrite(segment, _literalPlan, _other)
                && (!fits || _other.Count < _written.Count))
            {
                (_written, _other) = (_other, _written);
                fits = true;
            }
        }

        if (!fits || _written.Count > segment.Bytes.Length)
        {
            _written.Clear();
            _written.Add(SegmentForm.Raw);
            _written.AddRange(segment.Bytes);
        }

        return _written;
    }

    public void Dispose()
    {
        _quick?.Dispose();
        _thorough?.Dispose();
    }

    /// <summary>True when quick compression of the same bytes is so near that a thorough one may be smaller.</summary>
    private bool IsNear(SegmentContent segment, int bytes)
    {
        int literals = GatherLiterals(segment, _literalPlan, out HintSpan hints);
        SegmentPrefix prefix = LoadPrefix(segment, literals, hints);
        int room = Math.Min(_frame.Length, bytes + (bytes / 16) + 64);
        return _quick is not null && _quick.TryCompress(
            _literals.AsSpan(0, literals), _prefix.AsSpan(0, prefix.Bytes), _frame.AsSpan(0, room), out _);
    }

    private bool TryWrite(SegmentContent segment, SegmentPlan plan, List<byte> into)
    {
        EntropyWriter coder = new(_decisions, _plain);
        _models.Begin();
        int at = 0;
        foreach (SegmentPart part in plan.Parts)
        {
            if (part.IsCoded)
            {
                Span<byte> values = segment.Bytes.Slice(at, part.Bytes);
                PartCodec.Code(ref coder, _models, part, values, segment.Beside.Slice(at, part.Bytes));
            }

            at += part.Bytes;
        }

        Check.That(at == segment.Bytes.Length);
        coder.Finish();
        if (coder.IsFull)
        {
            return false;
        }

        int literalBytes = GatherLiterals(segment, plan, out HintSpan hints);
        SegmentForm form = new() { Decisions = coder.Decisions, Plain = coder.PlainBits };
        Compress(segment, literalBytes, hints, ref form);
        form.Write(into, plan.Parts, segment.Offset);
        return true;
    }

    private void Compress(SegmentContent segment, int literalBytes, HintSpan hints, ref SegmentForm form)
    {
        Span<byte> literals = _literals.AsSpan(0, literalBytes);
        form.Literals = literals;
        if (_thorough is null || literalBytes < LiteralsMin)
        {
            return;
        }

        SegmentPrefix prefix = LoadPrefix(segment, literalBytes, hints);
        if (_thorough.TryCompress(
            literals, _prefix.AsSpan(0, prefix.Bytes), _frame.AsSpan(0, literalBytes), out int bytes)
            && bytes + 8 < literalBytes)
        {
            form.IsCompressed = true;
            form.Prefix = prefix;
            form.Literals = _frame.AsSpan(0, bytes);
        }
    }

    /// <summary>Puts literals one behind the other, and says where in the base their likes should be.</summary>
    private int GatherLiterals(SegmentContent segment, SegmentPlan plan, out HintSpan hints)
    {
        hints = new HintSpan(long.MaxValue, long.MinValue);
        int literals = 0;
        int at = 0;
        long displacement = segment.Displacement;
        foreach (SegmentPart part in plan.Parts)
        {
            if (part.UsesBase)
            {
                displacement = part.From - (segment.Offset + at);
            }
            else if (part.Kind == PartKind.Literal)
            {
                segment.Bytes.Slice(at, part.Bytes).CopyTo(_literals.AsSpan(literals));
                literals += part.Bytes;
                long from = segment.Offset + at + displacement;
                hints = new HintSpan(Math.Min(hints.Start, from), Math.Max(hints.End, from + part.Bytes));
            }

            at += part.Bytes;
        }

        return literals;
    }

    /// <summary>
    /// Chooses what compression may look at, in proportion to what there is to compress, and reads it.
    /// </summary>
    private SegmentPrefix LoadPrefix(SegmentContent segment, int literalBytes, HintSpan hints)
    {
        int windowMax = (int)Math.Min(
            Math.Max((long)literalBytes * WindowPerLiteral, WindowMin), DeltaLimits.PrefixBytesMax);
        SegmentPrefix prefix = default;
        if (_base is not null && literalBytes > 0)
        {
            long span = hints.End - hints.Start;
            long margin = Math.Max(0, (windowMax - span) / 2);
            long start = Math.Clamp(hints.Start - margin, 0, Math.Max(0, _base.Bytes - windowMax));
            int count = (int)Math.Min(windowMax, _base.Bytes - start);
            prefix = new SegmentPrefix(start, count, 0);
            Fill(_base, start, _prefix.AsSpan(0, count));
        }

        if (literalBytes >= EarlierLiteralsMin)
        {
            int earlier = (int)Math.Min(Math.Min(windowMax, segment.Offset), DeltaLimits.PrefixBytesMax);
            Fill(_target, segment.Offset - earlier, _prefix.AsSpan(prefix.BaseBytes, earlier));
            prefix = prefix with { EarlierBytes = earlier };
        }

        return prefix;
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

    private readonly record struct HintSpan(long Start, long End);
}
