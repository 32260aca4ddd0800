using System.Buffers;
using System.Buffers.Binary;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Agent.Content;

/// <summary>
/// Bytes that arrived and cannot be used before more do: a chunk, an envelope, a segment of a delta that broke off.
/// Problem: a link that ends every few seconds must not cost the same bytes twice, nor may a kill of the agent.
/// Approach: one file beside the one that is put together: a head that says what the bytes are, then records of a
/// length, a check and bytes, written as the bytes arrive. Invariants: what <see cref="Load"/> finds is a prefix of
/// what was added; nothing is synced, so that most of it never reaches the flash: a power cut may cost what is in it.
/// The bytes are held in memory too, which bounds what a tail may hold.
/// </summary>
/// <param name="disk">Where it is.</param>
/// <param name="path">Its path.</param>
internal sealed class TailFile(IDisk disk, string path) : IDisposable
{
    /// <summary>Most bytes of a tail: the largest envelope, and a segment of a delta by far.</summary>
    internal const int BytesMax = Core.Models.ModelLimits.EnvelopeBytesMax;

    private const int RecordHeadBytes = 12;
    private const int SmallBytes = 64 * 1024;
    private byte[] _bytes = [];
    private int _count;
    private IDiskFile? _open;

    /// <summary>Told whenever bytes were added.</summary>
    internal Action? OnAdded { get; set; }

    /// <summary>What is in it; null for nothing.</summary>
    internal TailHead? Head { get; private set; }

    /// <summary>How many bytes are in it.</summary>
    internal int Count => _count;

    /// <summary>The bytes in it.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _count);

    /// <summary>True when it has the end of its representation.</summary>
    internal bool IsAtEnd => Head is { } head && head.From + _count == head.Total;

    /// <summary>Finds what an attempt before this one left.</summary>
    internal void Load()
    {
        Head = null;
        _count = 0;
        if (_open is not null || disk.Length(path) is not { } length || length > 2L * BytesMax)
        {
            return;
        }

        byte[] file = disk.Read(path, 2 * BytesMax);
        TailHead? head = TailHead.Read(file, out int at);
        if (head is null)
        {
            return;
        }

        int good = at;
        while (at + RecordHeadBytes <= file.Length)
        {
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
            ulong check = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 4));
            at += RecordHeadBytes;
            if (bytes <= 0 || bytes > file.Length - at || _count + bytes > BytesMax
                || TailHead.CheckOf(file.AsSpan(at, bytes)) != check)
            {
                break;
            }

            Hold(file.AsSpan(at, bytes));
            at += bytes;
            good = at;
        }

        Head = head;
        _open = disk.Open(path, DiskOpening.Append);
        if (_open.Length > good)
        {
            _open.Truncate(good);
        }
    }

    /// <summary>
    /// Begins anew: what was in it is dropped. Where a segment of a delta is, in one step: its head says which bytes of
    /// the file are right that belong to no whole chunk yet.
    /// </summary>
    internal void Begin(TailHead head)
    {
        bool isOneStep = Head is { Kind: TailKind.DeltaSegment };
        if (!isOneStep)
        {
            Drop();
        }

        if (isOneStep || _open is null)
        {
            disk.CreateFolder(path[..path.LastIndexOf('/')]);
            IDiskFile next = disk.Open(isOneStep ? path + ".new" : path, DiskOpening.Create);
            _open?.Dispose();
            _open = next;
        }

        _open.Write(head.Write());
        if (isOneStep)
        {
            disk.Rename(path + ".new", path);
        }

        Head = head;
        _count = 0;
    }

    /// <summary>Adds bytes that follow those in it.</summary>
    internal void Add(ReadOnlySpan<byte> bytes)
    {
        Check.That(Head is not null && _open is not null);
        Check.That(_count + bytes.Length <= BytesMax);
        byte[] record = ArrayPool<byte>.Shared.Rent(RecordHeadBytes + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record, bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(4), TailHead.CheckOf(bytes));
        bytes.CopyTo(record.AsSpan(RecordHeadBytes));
        _open.Write(record.AsSpan(0, RecordHeadBytes + bytes.Length));
        ArrayPool<byte>.Shared.Return(record);
        Hold(bytes);
        OnAdded?.Invoke();
    }

    /// <summary>Nothing is in it any more.</summary>
    internal void Drop()
    {
        Head = null;
        _count = 0;
        if (_bytes.Length > SmallBytes * 32)
        {
            _bytes = [];
        }

        _open?.Truncate(0);
    }

    /// <summary>Removes the file.</summary>
    internal void Delete()
    {
        Dispose();
        disk.Delete(path);
    }

    /// <summary>Closes it; what is in it stays on the disk.</summary>
    public void Dispose()
    {
        Head = null;
        _count = 0;
        _open?.Dispose();
        _open = null;
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _bytes.Length)
        {
            int room = Math.Max(_count + bytes.Length, Math.Max(SmallBytes, _bytes.Length * 2));
            Array.Resize(ref _bytes, Math.Min(room, BytesMax));
        }

        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }
}
