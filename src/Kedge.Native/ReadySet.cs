using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>
/// Which of many descriptors have something to read, by <c>epoll</c>, edge-triggered: each is told of once when more
/// has come. Whoever then reads fewer bytes than there was room for has read all (epoll(7)). A descriptor that is
/// closed is forgotten by itself. One thread waits; any may add.
/// </summary>
public sealed unsafe class ReadySet : IDisposable
{
    /// <summary>Descriptors told of in one wait, at most: the others come with the next.</summary>
    public const int EntriesMax = 128;

    // struct epoll_event is packed on x86-64, and there alone (sys/epoll.h).
    private static readonly int EntryBytes = Libc.IsArm ? 16 : 12;
    private static readonly int DataAt = EntryBytes - sizeof(ulong);

    private readonly FileDescriptor _set;
    private readonly byte[] _entries = GC.AllocateArray<byte>(EntriesMax * EntryBytes, pinned: true);
    private readonly ReadyEntry[] _found = new ReadyEntry[EntriesMax];

    /// <summary>An empty set. Throws <see cref="NativeException"/>.</summary>
    public ReadySet() => _set = FileDescriptor.FromCall(Libc.ReadySet(Libc.ReadySetCloseOnExec), "open an epoll");

    /// <summary>
    /// Watches one more; what it has to read already counts. Throws <see cref="NativeException"/>, and
    /// <see cref="ObjectDisposedException"/> where it is closed.
    /// </summary>
    /// <param name="descriptor">Open, and not watched yet.</param>
    /// <param name="key">Comes back in <see cref="ReadyEntry"/>; 0 or greater.</param>
    public void Watch(SafeHandle descriptor, int key)
    {
        byte* entry = stackalloc byte[EntryBytes];
        *(uint*)entry = Libc.ReadyIn | Libc.ReadyPeerEnded | Libc.ReadyEdge;
        *(ulong*)(entry + DataAt) = (ulong)key;
        bool isHeld = false;
        try
        {
            descriptor.DangerousAddRef(ref isHeld);
            if (Libc.ReadySetControl(
                _set.Number, Libc.ReadySetAdd, (int)descriptor.DangerousGetHandle(), entry) != 0)
            {
                throw NativeException.Last("watch a descriptor");
            }
        }
        finally
        {
            if (isHeld)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Those that have something to read; valid until the next call.</summary>
    /// <param name="blocks">True to wait for one at least; false to look, and return none where there is none.</param>
    public ReadOnlySpan<ReadyEntry> Wait(bool blocks)
    {
        byte* entries = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_entries, 0);
        int found;
        while ((found = Libc.ReadySetWait(_set.Number, entries, EntriesMax, blocks ? -1 : 0)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw NativeException.Last("wait for descriptors");
            }
        }

        for (int i = 0; i < found; i++)
        {
            byte* entry = entries + (i * EntryBytes);
            _found[i] = new ReadyEntry((int)*(ulong*)(entry + DataAt), (*(uint*)entry & ~Libc.ReadyIn) != 0);
        }

        return _found.AsSpan(0, found);
    }

    /// <inheritdoc/>
    public void Dispose() => _set.Dispose();
}
