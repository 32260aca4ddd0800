using System.Buffers;
using Kedge.Core;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Native;

/// <summary>
/// Memory that two processes share by a descriptor (memfd_create(2), mmap(2)). It is sealed against shrinking, so that
/// neither can pull pages away from under the other, and lies in memory alone, so that no page can fail to come.
/// </summary>
public sealed unsafe class SharedMapping : MemoryManager<byte>
{
    private readonly int _bytes;
    private nint _start;

    private SharedMapping(nint start, int bytes)
    {
        _start = start;
        _bytes = bytes;
    }

    /// <summary>Makes new memory, sealed and mapped. Throws <see cref="NativeException"/>.</summary>
    /// <param name="bytes">Its length, 1 byte to 2 GiB - 1.</param>
    /// <param name="descriptor">To be handed to the other process; the caller owns it.</param>
    public static SharedMapping Create(int bytes, out FileDescriptor descriptor)
    {
        Check.That(bytes > 0);
        descriptor = FileDescriptor.FromCall(
            Libc.CreateMemory("kedge", Libc.MemoryCloseOnExec | Libc.MemoryAllowSealing), "make shared memory");
        if (Libc.SetLength(descriptor.Number, bytes) != 0
            || Libc.Control(descriptor.Number, Libc.AddSeals, Libc.SealShrink) != 0)
        {
            throw NativeException.Last("seal shared memory");
        }

        return TryMap(descriptor, bytes, out string reason) ?? throw new NativeException(reason, 0);
    }

    /// <summary>Maps memory that somebody else made; null when it cannot be trusted.</summary>
    /// <param name="descriptor">The memory; the caller keeps it and may close it afterwards.</param>
    /// <param name="bytes">How much of it, 1 byte to 2 GiB - 1.</param>
    /// <param name="reason">Why not; empty when it is mapped.</param>
    public static SharedMapping? TryMap(FileDescriptor descriptor, long bytes, out string reason)
    {
        reason = Judge(descriptor, bytes);
        if (reason.Length > 0)
        {
            return null;
        }

        nint start = Libc.Map(0, (nuint)bytes, Libc.ProtectReadWrite, Libc.MapShared, descriptor.Number, 0);
        if (start == -1)
        {
            reason = NativeException.Last("map it").Message;
            return null;
        }

        return new SharedMapping(start, (int)bytes);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        Check.That(_start != 0);
        return new Span<byte>((void*)_start, _bytes);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        Check.That(_start != 0);
        Check.That(elementIndex >= 0 && elementIndex <= _bytes);
        return new MemoryHandle((byte*)_start + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // It never moves.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        nint start = Interlocked.Exchange(ref _start, 0);
        if (start != 0)
        {
            _ = Libc.Unmap(start, (nuint)_bytes);
        }
    }

    private static string Judge(FileDescriptor descriptor, long bytes)
    {
        int seals = Libc.Control(descriptor.Number, Libc.GetSeals, 0);
        if (seals < 0)
        {
            return "it is no memfd";
        }

        if ((seals & Libc.SealShrink) == 0)
        {
            return "it is not sealed against shrinking";
        }

        // Pages of huge memory may be missing when they are touched; those of the plain kind are not.
        long* about = stackalloc long[32];
        if (Libc.GetFileSystem(descriptor.Number, about) != 0 || about[0] != Libc.FileSystemMemory)
        {
            return "it is not plain memory";
        }

        using SafeFileHandle file = new(descriptor.Number, ownsHandle: false);
        return bytes is < 1 or > int.MaxValue || RandomAccess.GetLength(file) < bytes
            ? "it is not as long as it says"
            : "";
    }
}
