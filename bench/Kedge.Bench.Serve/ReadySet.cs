using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Bench.Serve;

/// <summary>
/// Which of many sockets have something to read, by <c>epoll</c>: one call for all of them, whatever their number, as
/// load generators do it.
/// </summary>
internal sealed unsafe partial class ReadySet : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int Interrupted = 4;

    // struct epoll_event is packed where the kernel's 32-bit programs once had it so (epoll_ctl(2), eventpoll.h).
    private static readonly int EntryBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataAt = EntryBytes - sizeof(ulong);

    private readonly SafeFileHandle _epoll;
    private readonly byte[] _entries;
    private readonly int[] _ready;

    /// <param name="count">Sockets, 1 or more.</param>
    public ReadySet(int count)
    {
        _epoll = new SafeFileHandle(Checked(Create(0)), ownsHandle: true);
        _entries = new byte[count * EntryBytes];
        _ready = new int[count];
    }

    /// <summary>Takes one in; <see cref="Wait()"/> gives this index for it.</summary>
    public void Watch(Socket socket, int index)
    {
        byte* entry = stackalloc byte[EntryBytes];
        *(uint*)entry = Readable;
        *(ulong*)(entry + DataAt) = (ulong)index;
        _ = Checked(Control((int)_epoll.DangerousGetHandle(), Add, (int)socket.Handle, entry));
    }

    /// <summary>Waits until at least one has something to read, or has ended.</summary>
    public ReadOnlySpan<int> Wait()
    {
        int found;
        fixed (byte* entries = _entries)
        {
            do
            {
                found = Wait((int)_epoll.DangerousGetHandle(), entries, _ready.Length, -1);
            }
            while (found < 0 && Marshal.GetLastPInvokeError() == Interrupted);

            for (int i = 0; i < Checked(found); i++)
            {
                _ready[i] = (int)*(ulong*)(entries + (i * EntryBytes) + DataAt);
            }
        }

        return _ready.AsSpan(0, found);
    }

    public void Dispose() => _epoll.Dispose();

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception();

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* entries, int count, int milliseconds);
}
