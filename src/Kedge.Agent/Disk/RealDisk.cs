using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Agent.Native;
using Kedge.Core;
using Kedge.Core.Borders;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Agent.Disk;

/// <summary>
/// A tree of the file system below a folder. Symbolic links are followed, as <c>/sys</c> is made of them.
/// </summary>
/// <param name="root">Absolute path of the folder that is the root.</param>
public sealed class RealDisk(string root) : IDisk
{
    private const int NoSpace = 28;
    private const int ReadOnlyDisk = 30;
    private const int OverQuota = 122;
    private const FileShare Unlocked = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Absolute path of the root, without a slash at its end unless it is <c>/</c>.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>The absolute path of one of ours.</summary>
    public string HostPath(string path)
    {
        Check.That(!path.StartsWith('/'));
        Check.That(!path.Split('/').Contains(".."));
        return path.Length == 0 ? Root : Path.Combine(Root, path);
    }

    /// <inheritdoc/>
    public byte[] Read(string path, int bytesMax) => Attempt($"read {path}", () =>
    {
        using SafeFileHandle file = File.OpenHandle(HostPath(path), FileMode.Open, FileAccess.Read, Unlocked);
        byte[] buffer = new byte[Math.Min(Math.Max(RandomAccess.GetLength(file) + 1, 4096), (long)bytesMax + 1)];
        int filled = 0;
        while (true)
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(filled), filled);
            filled += read;
            if (read == 0)
            {
                return buffer[..filled];
            }

            if (filled > bytesMax)
            {
                throw new DiskException(DiskFault.TooLarge, $"read {path} of more than {bytesMax} bytes");
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, (long)bytesMax + 1));
            }
        }
    });

    /// <inheritdoc/>
    public int ReadAt(string path, long offset, Span<byte> buffer)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(HostPath(path), FileMode.Open, FileAccess.Read, Unlocked);
            int filled = 0;
            while (filled < buffer.Length)
            {
                int read = RandomAccess.Read(file, buffer[filled..], offset + filled);
                if (read == 0)
                {
                    break;
                }

                filled += read;
            }

            return filled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrap($"read {path}", e);
        }
    }

    /// <inheritdoc/>
    public long? Length(string path) => Attempt<long?>($"look at {path}", () =>
    {
        FileInfo file = new(HostPath(path));
        return file.Exists ? file.Length : null;
    });

    /// <inheritdoc/>
    public ImmutableArray<DiskEntry> List(string folder) => Attempt<ImmutableArray<DiskEntry>>($"list {folder}", () =>
    {
        DirectoryInfo directory = new(HostPath(folder));
        if (!directory.Exists)
        {
            return [];
        }

        DiskEntry[] entries = [.. directory.EnumerateFileSystemInfos()
            .Select(static e => new DiskEntry(e.Name, Directory.Exists(e.FullName)))];
        Array.Sort(entries, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
    });

    /// <inheritdoc/>
    public void CreateFolder(string path) => Attempt($"create {path}", () =>
    {
        _ = Directory.CreateDirectory(HostPath(path));
        return true;
    });

    /// <inheritdoc/>
    public IDiskFile Open(string path, DiskOpening opening)
    {
        FileMode mode = opening switch
        {
            DiskOpening.Create => FileMode.Create,
            DiskOpening.Append => FileMode.OpenOrCreate,
            DiskOpening.Unknown => throw Check.Unreachable(opening),
        };
        return Attempt($"open {path}", () => new RealFile(
            path, File.OpenHandle(HostPath(path), mode, FileAccess.ReadWrite, Unlocked)));
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => Attempt($"rename {from} to {to}", () =>
    {
        File.Move(HostPath(from), HostPath(to), overwrite: true);
        return true;
    });

    /// <inheritdoc/>
    public void Delete(string path) => Attempt($"delete {path}", () =>
    {
        if (Directory.Exists(Path.GetDirectoryName(HostPath(path))))
        {
            File.Delete(HostPath(path));
        }

        return true;
    });

    /// <inheritdoc/>
    public void DeleteFolder(string path) => Attempt($"delete folder {path}", () =>
    {
        if (Directory.Exists(HostPath(path)))
        {
            Directory.Delete(HostPath(path), recursive: true);
        }

        return true;
    });

    /// <inheritdoc/>
    public void SyncFolder(string path)
    {
        int descriptor = AgentLibc.Open(HostPath(path), AgentLibc.OpenFolder, 0);
        if (descriptor < 0)
        {
            throw NativeFault($"open folder {path}");
        }

        int result = AgentLibc.Sync(descriptor);
        DiskException? failure = result < 0 ? NativeFault($"sync folder {path}") : null;
        _ = AgentLibc.Close(descriptor);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string path) =>
        Attempt($"measure {path}", () => new DriveInfo(Standing(HostPath(path))).AvailableFreeSpace);

    /// <summary>The folder itself, or the nearest above it that is there.</summary>
    private static string Standing(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { Length: > 0 } above)
        {
            folder = above;
        }

        return folder;
    }

    private static T Attempt<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrap(what, e);
        }
    }

    private static DiskException Wrap(string what, Exception e) => new(
        e switch
        {
            FileNotFoundException or DirectoryNotFoundException => DiskFault.Absent,
            UnauthorizedAccessException => DiskFault.Denied,
            _ => FaultOf(e.HResult),
        },
        what,
        e);

    private static DiskFault FaultOf(int errno) => errno switch
    {
        NoSpace or OverQuota => DiskFault.Full,
        ReadOnlyDisk => DiskFault.Denied,
        2 => DiskFault.Absent,
        _ => DiskFault.Failed,
    };

    private static DiskException NativeFault(string what)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new DiskException(FaultOf(errno), $"{what} ({Marshal.GetPInvokeErrorMessage(errno)})");
    }

    private sealed class RealFile(string path, SafeFileHandle file) : IDiskFile
    {
        private long _length = RandomAccess.GetLength(file);

        public long Length => _length;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(file, bytes, _length);
                _length += bytes.Length;
            }
            catch (IOException e)
            {
                _length = RandomAccess.GetLength(file);
                throw Wrap($"write {path}", e);
            }
        }

        public void Truncate(long length)
        {
            Check.That(length <= _length);
            Attempt($"truncate {path}", () =>
            {
                RandomAccess.SetLength(file, length);
                return true;
            });
            _length = length;
        }

        public void Sync() => Attempt($"sync {path}", () =>
        {
            RandomAccess.FlushToDisk(file);
            return true;
        });

        public void Dispose() => file.Dispose();
    }
}
