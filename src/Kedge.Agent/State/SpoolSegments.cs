using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Agent.State;

/// <summary>
/// The spool's files: <c>spool/NUMBER.seg</c>, named after the first number in them. A record is 24 bytes of head
/// (mark, kind, length, number, 8 bytes of digest over all of it) and its content. Reading a segment ends at the first
/// record that is not whole: what stands behind a torn write was never acknowledged as written.
/// </summary>
/// <param name="disk">Where they are.</param>
/// <param name="bytesMax">Budget in bytes.</param>
internal sealed class SpoolSegments(IDisk disk, int bytesMax)
{
    private const string Folder = "spool";
    private const string Ending = ".seg";
    private const int HeadBytes = 24;
    private const ushort Mark = 0x4B53;
    private readonly List<Segment> _segments = [];

    /// <summary>Segments whose end was torn or damaged, found by <see cref="Load"/>.</summary>
    internal int Damaged { get; private set; }

    /// <summary>Highest number that was acknowledged, as far as it was written down.</summary>
    internal long Acked { get; private set; }

    internal long Bytes => _segments.Sum(static s => s.Bytes);

    internal bool IsOverBudget => _segments.Count > 1 && Bytes > bytesMax - AgentLimits.SpoolSegmentBytes;

    internal string Oldest => _segments[0].Path;

    internal long NumbersPerSegmentMax => AgentLimits.SpoolSegmentBytes / HeadBytes;

    /// <summary>Reads the heads of everything that is there, oldest first.</summary>
    internal List<SpoolRecord> Load()
    {
        List<SpoolRecord> records = [];
        foreach (DiskEntry entry in disk.List(Folder))
        {
            if (!entry.IsFolder && entry.Name.EndsWith(Ending, StringComparison.Ordinal))
            {
                LoadSegment($"{Folder}/{entry.Name}", records);
            }
        }

        return records;
    }

    /// <summary>Null when the disk has no room or failed.</summary>
    internal SpoolRecord? TryAppend(SpoolKind kind, long sequence, ReadOnlySpan<byte> content)
    {
        bool isSynced = kind != SpoolKind.Acked;
        try
        {
            Segment segment = Current(sequence, isSynced);
            using IDiskFile file = disk.Open(segment.Path, DiskOpening.Append);
            if (file.Length != segment.Bytes)
            {
                file.Truncate(segment.Bytes);
            }

            file.Write([.. Head(kind, sequence, content), .. content]);
            if (isSynced)
            {
                file.Sync();
                SyncNames(segment);
            }

            SpoolRecord record = new(kind, sequence, segment.Path, segment.Bytes + HeadBytes, content.Length);
            segment.Bytes = file.Length;
            segment.Last = Math.Max(segment.Last, sequence);
            return record;
        }
        catch (DiskException)
        {
            // The record counts as not written; a part of it that stands there is cut off by the next append.
            return null;
        }
    }

    internal byte[]? Read(SpoolRecord record)
    {
        try
        {
            byte[] all = new byte[HeadBytes + record.Bytes];
            int read = disk.ReadAt(record.Segment, record.Offset - HeadBytes, all);
            return read == all.Length && IsWhole(all) ? all[HeadBytes..] : null;
        }
        catch (DiskException)
        {
            return null;
        }
    }

    /// <summary>
    /// Deletes segments that hold nothing above a number, but for the newest, and writes the number down.
    /// </summary>
    internal void Acknowledge(long sequence)
    {
        Acked = Math.Max(Acked, sequence);
        while (_segments.Count > 1 && _segments[0].Last <= sequence)
        {
            DeleteOldest();
        }

        if (_segments.Count > 0 && _segments[^1].Last <= sequence)
        {
            _ = TryAppend(SpoolKind.Acked, sequence, []);
        }
    }

    internal void DeleteOldest()
    {
        string path = Oldest;
        _segments.RemoveAt(0);
        try
        {
            disk.Delete(path);
        }
        catch (DiskException)
        {
            // It is read again at the next start, and what is in it is sent again: the server drops doubles.
        }
    }

    private Segment Current(long sequence, bool mayStart)
    {
        if (_segments.Count > 0 && (!mayStart || _segments[^1].Bytes < AgentLimits.SpoolSegmentBytes))
        {
            return _segments[^1];
        }

        disk.CreateFolder(Folder);
        string name = sequence.ToString("D16", CultureInfo.InvariantCulture);
        Segment segment = new($"{Folder}/{name}{Ending}") { Last = sequence - 1 };
        _segments.Add(segment);
        return segment;
    }

    private void SyncNames(Segment segment)
    {
        if (!segment.IsNamed)
        {
            disk.SyncFolder(Folder);
            disk.SyncFolder("");
            segment.IsNamed = true;
        }
    }

    private void LoadSegment(string path, List<SpoolRecord> records)
    {
        byte[] all = ReadWhole(path);
        Segment segment = new(path);
        int at = 0;
        while (at + HeadBytes <= all.Length
            && TryHead(all.AsSpan(at), out SpoolKind kind, out long number, out int bytes))
        {
            if (kind == SpoolKind.Acked)
            {
                Acked = Math.Max(Acked, number);
            }
            else
            {
                records.Add(new SpoolRecord(kind, number, path, at + HeadBytes, bytes));
            }

            segment.Last = Math.Max(segment.Last, number);
            at += HeadBytes + bytes;
        }

        Damaged += at < all.Length ? 1 : 0;
        segment.Bytes = at;
        _segments.Add(segment);
    }

    private byte[] ReadWhole(string path)
    {
        try
        {
            return disk.Read(path, (2 * AgentLimits.SpoolSegmentBytes) + Limits.UpMessageBytesMax);
        }
        catch (DiskException)
        {
            // Unreadable is as good as damaged: numbers go on well above it, and the file is replaced.
            Damaged++;
            return [];
        }
    }

    private static byte[] Head(SpoolKind kind, long sequence, ReadOnlySpan<byte> content)
    {
        byte[] head = new byte[HeadBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(head, Mark);
        head[2] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), content.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), sequence);
        Proof(head, content).CopyTo(head.AsSpan(16));
        return head;
    }

    private static bool TryHead(ReadOnlySpan<byte> at, out SpoolKind kind, out long number, out int bytes)
    {
        kind = (SpoolKind)at[2];
        bytes = BinaryPrimitives.ReadInt32LittleEndian(at[4..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(at[8..]);
        return BinaryPrimitives.ReadUInt16LittleEndian(at) == Mark
            && kind is SpoolKind.Event or SpoolKind.Facts or SpoolKind.Status or SpoolKind.Acked
            && bytes >= 0 && bytes <= Limits.UpMessageBytesMax && bytes <= at.Length - HeadBytes && number > 0
            && IsWhole(at[..(HeadBytes + bytes)]);
    }

    private static bool IsWhole(ReadOnlySpan<byte> record) =>
        Proof(record[..HeadBytes], record[HeadBytes..]).AsSpan().SequenceEqual(record[16..HeadBytes]);

    private static byte[] Proof(ReadOnlySpan<byte> head, ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head[..16]);
        hash.AppendData(content);
        return hash.GetHashAndReset()[..8];
    }

    private sealed class Segment(string path)
    {
        public string Path { get; } = path;

        public long Bytes { get; set; }

        public long Last { get; set; }

        public bool IsNamed { get; set; }
    }
}
