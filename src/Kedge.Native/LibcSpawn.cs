using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary><c>posix_spawn</c> and what it takes: both opaque structures are smaller than 512 bytes in glibc.</summary>
internal static unsafe partial class LibcSpawn
{
    internal const int OpaqueBytes = 512;
    internal const short SetSignalDefaults = 0x04;
    internal const short SetSignalMask = 0x08;
    internal const short NewSession = 0x80;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    internal static partial int Spawn(
        int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int ActionsInit(byte* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int ActionsDestroy(byte* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addopen")]
    internal static partial int ActionsOpen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int ActionsDuplicate(byte* actions, int descriptor, int target);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    internal static partial int ActionsCloseFrom(byte* actions, int first);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    internal static partial int ActionsChangeFolder(byte* actions, byte* path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    internal static partial int AttributesInit(byte* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int AttributesDestroy(byte* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int AttributesFlags(byte* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int AttributesSignalDefaults(byte* attributes, byte* signalSet);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int AttributesSignalMask(byte* attributes, byte* signalSet);
}
