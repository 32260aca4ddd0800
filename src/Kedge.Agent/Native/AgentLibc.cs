using System.Runtime.InteropServices;

namespace Kedge.Agent.Native;

/// <summary>The few calls of the C library that the framework does not offer.</summary>
internal static partial class AgentLibc
{
    internal const int NoEntry = 2; // ENOENT
    internal const int OpenLock = 0x2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC
    internal const int LockExclusiveNoWait = 2 | 4; // LOCK_EX | LOCK_NB
    private const string Library = "libc";

    /// <summary>O_DIRECTORY | O_CLOEXEC; the first has another number on Arm.</summary>
    internal static readonly int OpenFolder = (IsArm ? 0x4000 : 0x10000) | 0x80000;

    /// <summary>
    /// O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW: neither a link nor a pipe in place of a file does harm. The last
    /// has another number on Arm.
    /// </summary>
    internal static readonly int OpenUntrusted = 0x800 | 0x80000 | (IsArm ? 0x8000 : 0x20000);

    private static bool IsArm =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>What the last call said; asked for at once after it.</summary>
    internal static string LastError() => Marshal.GetLastPInvokeErrorMessage();

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int descriptor);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    /// <summary>Sets which permissions new files of this process lack; says which they lacked before.</summary>
    [LibraryImport(Library, EntryPoint = "umask")]
    internal static partial uint MaskModes(uint mask);
}
