using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Wire.Reported;

namespace Kedge.Agent.State;

/// <summary>
/// Messages that the server has not acknowledged yet, on disk in the order of their numbers. Problem: nothing that was
/// acknowledged may be forgotten by anybody, nothing may be numbered twice, and a link that is away for a month must
/// not fill the disk. Approach: append-only segments of checksummed records; a record is synced before it is sent; a
/// segment goes when all of it is acknowledged. A status or a set of facts says the whole, so only the newest of each
/// is
/// ever sent. Invariants: numbers grow and are never reused, also when the end of a segment is torn; over its budget
/// the
/// oldest segment goes, but the newest status and facts in it are written again at the end. A gap in the numbers tells
/// the server that messages were dropped. Used by one thread at a time.
/// </summary>
internal sealed class Spool
{
    private readonly SpoolSegments _segments;
    private readonly string _incarnation;
    private readonly Queue<SpoolRecord> _pending = new();
    private readonly Dictionary<SpoolKind, long> _newest = [];
    private long _next;

    private Spool(SpoolSegments segments, string incarnation, long next)
    {
        _segments = segments;
        _incarnation = incarnation;
        _next = next;
    }

    /// <summary>Highest number that was given; 0 for none.</summary>
    internal long LastSequence => _next - 1;

    /// <summary>Messages that wait for their acknowledgement.</summary>
    internal int Count => _pending.Count;

    /// <summary>Messages that were dropped because there was no room, since the start.</summary>
    internal long Dropped { get; private set; }

    /// <summary>Bytes on disk.</summary>
    internal long Bytes => _segments.Bytes;

    /// <summary>Opens what is there.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="incarnation">Of this installation.</param>
    /// <param name="floor">Highest number that is known to have been given, from the ledger.</param>
    /// <param name="bytesMax">Budget in bytes.</param>
    internal static Spool Open(IDisk disk, string incarnation, long floor, int bytesMax)
    {
        SpoolSegments segments = new(disk, bytesMax);
        List<SpoolRecord> records = segments.Load();
        long highest = records.Count == 0 ? 0 : records[^1].Sequence;
        bool lost = segments.Damaged > 0 || highest < floor;
        Spool spool = new(
            segments, incarnation, Math.Max(floor, highest) + (lost ? segments.NumbersPerSegmentMax : 0) + 1);
        long acked = segments.Acked;
        foreach (SpoolRecord record in records.Where(r => r.Sequence > acked && r.Kind != SpoolKind.Acked))
        {
            spool.Add(record);
        }

        return spool;
    }

    /// <summary>
    /// Appends a message and makes it durable; its number and incarnation are set here. False when the disk has no room
    /// or failed: the message is then not there, and the next one gets its number.
    /// </summary>
    internal bool TryAppend(UpMessage message)
    {
        SpoolKind kind = KindOf(message);
        while (_segments.IsOverBudget)
        {
            DropOldestSegment();
        }

        return Write(message, kind);
    }

    /// <summary>Messages above a number that are to be sent, oldest first.</summary>
    internal IEnumerable<SpoolRecord> Above(long sequence) =>
        _pending.Where(r => r.Sequence > sequence && IsWanted(r));

    /// <summary>The bytes of a record; null when the disk does not give them back whole.</summary>
    internal byte[]? Read(SpoolRecord record) => _segments.Read(record);

    /// <summary>Everything up to a number is committed at the server.</summary>
    internal void Acknowledge(long sequence)
    {
        while (_pending.TryPeek(out SpoolRecord? record) && record.Sequence <= sequence)
        {
            _ = _pending.Dequeue();
        }

        _segments.Acknowledge(sequence);
    }

    private bool IsWanted(SpoolRecord record) =>
        record.Kind == SpoolKind.Event || _newest.GetValueOrDefault(record.Kind) == record.Sequence;

    private bool Write(UpMessage message, SpoolKind kind)
    {
        byte[] bytes = UpMessageFormat.Write(message with { Incarnation = _incarnation, Sequence = _next });
        Check.That(bytes.Length <= Limits.UpMessageBytesMax);
        if (_segments.TryAppend(kind, _next, bytes) is not { } record)
        {
            Dropped++;
            return false;
        }

        _next++;
        Add(record);
        return true;
    }

    private void Add(SpoolRecord record)
    {
        _pending.Enqueue(record);
        _newest[record.Kind] = record.Sequence;
    }

    private void DropOldestSegment()
    {
        string oldest = _segments.Oldest;
        List<(UpMessage Message, SpoolKind Kind)> kept = [];
        while (_pending.TryPeek(out SpoolRecord? record) && record.Segment == oldest)
        {
            _ = _pending.Dequeue();
            bool isKept = record.Kind != SpoolKind.Event && IsWanted(record);
            if (isKept && Read(record) is { } bytes && UpMessageFormat.TryRead(bytes, out _) is { } message)
            {
                kept.Add((message, record.Kind));
            }
            else if (record.Kind == SpoolKind.Event)
            {
                Dropped++;
            }
        }

        _segments.DeleteOldest();
        foreach ((UpMessage message, SpoolKind kind) in kept)
        {
            _ = Write(message, kind);
        }
    }

    private static SpoolKind KindOf(UpMessage message) =>
        message.Status is not null ? SpoolKind.Status
        : message.Facts is not null ? SpoolKind.Facts
        : SpoolKind.Event;
}
