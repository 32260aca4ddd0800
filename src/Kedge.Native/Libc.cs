using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>The functions of the C library that this project calls, and their constants on 64-bit Linux.</summary>
internal static unsafe partial class Libc
{
    internal const int ShutBoth = 2;
    internal const int NoEntry = 2;
    internal const int NoProcess = 3;
    internal const int Interrupted = 4;
    internal const int Again = 11;
    internal const int AddressInUse = 98;
    internal const int ConnectionAborted = 103;
    internal const int ConnectionRefused = 111;

    internal const int AddressUnix = 1;
    internal const int AddressInet = 2;
    internal const int AddressInet6 = 10;
    internal const int StreamCloseOnExec = 1 | 0x80000;
    internal const int NonBlocking = 0x800;
    internal const int SocketLevel = 1;
    internal const int ReuseAddress = 2;
    internal const int AcceptConnections = 30;
    internal const int PeerCredentials = 17;
    internal const int SendTimeout = 21;
    internal const int Rights = 1;
    internal const int MessageNoSignal = 0x4000;
    internal const int MessageCloseOnExec = 0x40000000;
    internal const int MessageControlTruncated = 8;

    internal const int GetDescriptorFlags = 1;
    internal const int SetDescriptorFlags = 2;
    internal const int GetStatusFlags = 3;
    internal const int SetStatusFlags = 4;
    internal const int DuplicateCloseOnExec = 1030;

    internal const int AddSeals = 1033;
    internal const int GetSeals = 1034;
    internal const int SealShrink = 2;
    internal const uint MemoryCloseOnExec = 1;
    internal const uint MemoryAllowSealing = 2;
    internal const int ProtectReadWrite = 3;
    internal const int MapShared = 1;
    internal const long FileSystemMemory = 0x0102_1994;

    internal const short PollIn = 1;
    internal const short PollOut = 4;

    internal const int ReadySetCloseOnExec = 0x80000;
    internal const int ReadySetAdd = 1;
    internal const uint ReadyIn = 1;
    internal const uint ReadyPeerEnded = 0x2000;
    internal const uint ReadyEdge = 1u << 31;

    internal const long SyscallPidfdSendSignal = 424;
    internal const long SyscallPidfdOpen = 434;

    internal const int AdviceDoNotNeed = 4;

    internal const int ClockMonotonic = 1;

    internal const int SchedulerBatch = 3;

    private const string Library = "libc";

    internal static bool IsArm =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    [LibraryImport(Library, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nuint start, nuint bytes, int advice);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int ReadySet(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int ReadySetControl(int set, int operation, int descriptor, byte* entry);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int ReadySetWait(int set, byte* entries, int count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint start, nuint bytes, int protection, int flags, int descriptor, long offset);

    [LibraryImport(Library, EntryPoint = "getrandom", SetLastError = true)]
    internal static partial nint GetRandom(byte* bytes, nuint count, uint flags);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint start, nuint bytes);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CreateMemory(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int SetLength(int descriptor, long bytes);

    [LibraryImport(Library, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int GetFileSystem(int descriptor, long* about);

    [LibraryImport(Library, EntryPoint = "malloc_trim")]
    internal static partial int TrimHeap(nuint keepBytes);

    [LibraryImport(Library, EntryPoint = "mallopt")]
    internal static partial int SetHeapOption(int option, int value);

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int descriptor, byte* address, uint addressBytes);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int descriptor, byte* address, uint addressBytes);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    internal static partial int Shutdown(int descriptor, int how);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int descriptor, int backlog);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept(int descriptor, byte* address, uint* addressBytes, int flags);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(int descriptor, byte* address, uint* addressBytes);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetOption(int descriptor, int level, int name, void* value, uint* valueBytes);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetOption(int descriptor, int level, int name, void* value, uint valueBytes);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint ReceiveMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "timerfd_create", SetLastError = true)]
    internal static partial int TimerDescriptor(int clock, int flags);

    [LibraryImport(Library, EntryPoint = "timerfd_settime", SetLastError = true)]
    internal static partial int SetTimer(int descriptor, int flags, TimerSetting* setting, TimerSetting* old);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, void* buffer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, void* buffer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int descriptor);

    [LibraryImport(Library, EntryPoint = "sched_setscheduler", SetLastError = true)]
    internal static partial int SetScheduler(int thread, int policy, int* priority);

    [LibraryImport(Library, EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int SetPriority(int kind, uint who, int value);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Syscall(long number, long a, long b, long c, long d);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    internal static partial int WaitId(int kind, int id, byte* signalRecord, int options);
}
