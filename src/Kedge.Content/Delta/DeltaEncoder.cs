using System.Runtime.InteropServices;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Delta;

/// <summary>
/// Describes one file by another that its reader has (docs/protocol/delta.md). A retrained model has the tensors of the
/// old one with other numbers in them: unchanged ones are copied, changed ones are written as what changed, what is new
/// is
/// written as small as its kind allows, and all of it in segments of at most a MiB that a reader takes one by one. The
/// caller asks for segment after segment, so that it may pause or stop between any two; the same files give the same
/// bytes. Memory is some ten MiB whatever the files' size, and their maps. It does not check that the files are what
/// their digests say: whoever reads the result does.
/// </summary>
public sealed class DeltaEncoder : IDisposable
{
    private readonly DeltaFile _target;
    private readonly DeltaFile? _base;
    private readonly int[] _cuts;
    private readonly List<(int TargetBytes, int EncodedBytes)> _index = [];
    private readonly SegmentPlanner _planner;
    private readonly SegmentPlan _plan = new();
    private readonly SegmentWriter _writer;
    private readonly byte[] _bytes = new byte[DeltaLimits.SegmentBytesMax];
    private long _offset;

    /// <summary>Makes an encoder for one pair of files.</summary>
    /// <param name="target">The file to describe.</param>
    /// <param name="baseFile">The file that the reader has; null when it has none.</param>
    public DeltaEncoder(DeltaFile target, DeltaFile? baseFile)
    {
        Check.That(target.Bytes is >= 0 and <= DeltaLimits.FileBytesMax);
        Check.That(baseFile is null || baseFile.Bytes <= DeltaLimits.FileBytesMax);
        _target = target;
        _base = baseFile is { Bytes: > 0 } ? baseFile : null;
        _cuts = Cut(target);
        _planner = new SegmentPlanner(target, _base);
        _writer = new SegmentWriter(target, _base);
    }

    /// <summary>How many segments there will be.</summary>
    public int SegmentCount => _cuts.Length;

    /// <summary>Bytes of head and index, behind which the segments follow each other.</summary>
    public int FrontBytes => DeltaLimits.HeaderBytes + (_cuts.Length * DeltaLimits.IndexEntryBytes);

    /// <summary>True once all segments were given out.</summary>
    public bool IsDone => _index.Count == _cuts.Length;

    /// <summary>The next segment, good until the next call.</summary>
    /// <exception cref="KedgeException">A file is shorter than was said (KEDGE-CONTENT-024).</exception>
    public ReadOnlySpan<byte> Next()
    {
        Check.That(!IsDone);
        Span<byte> bytes = _bytes.AsSpan(0, _cuts[_index.Count]);
        if (!_target.File.TryFill(_offset, bytes))
        {
            throw new KedgeException(
                DeltaErrors.Source,
                $"'{_target.File.Name}' ({_target.Digest.Short}) ends before byte {_offset + bytes.Length}.");
        }

        long displacement = _planner.Displacement;
        _planner.Plan(_offset, bytes, _plan);
        List<byte> written = _writer.Write(
            new SegmentContent(_offset, bytes, _planner.Beside, displacement), _plan);
        _offset += bytes.Length;
        _index.Add((bytes.Length, written.Count));
        return CollectionsMarshal.AsSpan(written);
    }

    /// <summary>Head and index, once all segments were given out.</summary>
    public byte[] Front()
    {
        Check.That(IsDone);
        byte[] front = new byte[FrontBytes];
        DeltaHeader header = new()
        {
            Target = _target.Digest,
            TargetBytes = _target.Bytes,
            Base = _base?.Digest,
            BaseBytes = _base?.Bytes ?? 0,
            SegmentCount = _cuts.Length,
        };
        header.Write(front);
        DeltaIndex.Write(front.AsSpan(DeltaLimits.HeaderBytes), _index);
        return front;
    }

    /// <summary>Writes a whole delta: the segments first, in order, then head and index at 0.</summary>
    /// <param name="target">The file to describe.</param>
    /// <param name="baseFile">The file that the reader has; null when it has none.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="KedgeException">A file is shorter than was said (KEDGE-CONTENT-024).</exception>
    public static void Encode(DeltaFile target, DeltaFile? baseFile, DeltaOutput output)
    {
        using DeltaEncoder encoder = new(target, baseFile);
        long at = encoder.FrontBytes;
        while (!encoder.IsDone)
        {
            ReadOnlySpan<byte> segment = encoder.Next();
            output(at, segment);
            at += segment.Length;
        }

        output(0, encoder.Front());
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Cuts every MiB, or a few bytes before it where that would cut through an element.</summary>
    private static int[] Cut(DeltaFile target)
    {
        List<int> cuts = [];
        int tensor = 0;
        for (long at = 0; at < target.Bytes;)
        {
            long end = Math.Min(at + DeltaLimits.SegmentBytesMax, target.Bytes);
            while (tensor < target.Tensors.Spans.Length && target.Tensors.Spans[tensor].End <= end)
            {
                tensor++;
            }

            if (tensor < target.Tensors.Spans.Length && target.Tensors.Spans[tensor] is var span && span.Offset < end)
            {
                end -= (end - span.Offset) % ElementKinds.Bytes(span.Element);
            }

            cuts.Add((int)(end - at));
            at = end;
        }

        return [.. cuts];
    }
}
