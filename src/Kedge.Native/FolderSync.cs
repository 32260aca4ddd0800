namespace Kedge.Native;

/// <summary>Makes what was renamed, made or removed in a folder survive a power cut (fsync(2) of the folder).</summary>
public static class FolderSync
{
    /// <summary>O_RDONLY | O_DIRECTORY | O_CLOEXEC: the folder flag has another number on Arm.</summary>
    private static readonly int OpenFolder = 0x80000 | (Libc.IsArm ? 0x4000 : 0x10000);

    /// <summary>Waits until the folder's entries are on the disk. Throws <see cref="NativeException"/>.</summary>
    /// <param name="path">The folder, absolute.</param>
    public static void Run(string path)
    {
        using FileDescriptor folder = FileDescriptor.FromCall(Libc.Open(path, OpenFolder, 0), $"open folder {path}");
        if (Libc.Sync(folder.Number) < 0)
        {
            throw NativeException.Last($"sync folder {path}");
        }
    }
}
