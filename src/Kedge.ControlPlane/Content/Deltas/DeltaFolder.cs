using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>
/// Differences that were computed, in files: a cache, so that whatever is lost of it is computed again.
/// <c>PACKAGE/BASEPACKAGE/TARGET-BASE-CONTAINER.delta</c>, all of them hex digests, <c>none</c> where there is no base;
/// what belongs to a deleted package is found by the name. A file is written under a temporary name, flushed and
/// renamed; one that an earlier process has left is checked by its digest before it is used. Beyond its quota what was
/// used longest ago goes first. Safe for many callers.
/// </summary>
internal sealed class DeltaFolder
{
    private const string NoBase = "none";
    private const string Suffix = ".delta";

    private readonly string _folder;
    private readonly long _bytesMax;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<DeltaPair, Entry> _entries = [];
    private long _use;
    private long _bytes;
    private long _temporary;

    /// <summary>Opens the folder and removes what was left half written.</summary>
    /// <param name="folder">The folder, of one server alone.</param>
    /// <param name="bytesMax">Bytes of all differences together, at most.</param>
    /// <param name="time">Clock; files carry when they were used last.</param>
    public DeltaFolder(string folder, long bytesMax, TimeProvider time)
    {
        _folder = folder;
        _bytesMax = bytesMax;
        _time = time;
        string work = Path.Combine(folder, "work");
        Directory.CreateDirectory(work);
        foreach (string left in Directory.EnumerateFiles(work))
        {
            File.Delete(left);
        }

        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*" + Suffix, SearchOption.AllDirectories)
            .OrderBy(f => f.LastWriteTimeUtc))
        {
            Adopt(file);
        }

        EvictFor(0, default);
    }

    /// <summary>Bytes of all differences together.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>True when there is any.</summary>
    public bool Any
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count > 0;
            }
        }
    }

    /// <summary>Disk that is left to others, in bytes.</summary>
    public long ReserveBytes { get; init; } = ServerLimits.DeltaDiskReserveBytes;

    /// <summary>Bytes that the disk has for it, beside its own quota; below 0 when others lack room.</summary>
    public long FreeBytes => new DriveInfo(_folder).AvailableFreeSpace - ReserveBytes;

    /// <summary>Refuses what needs more disk than there is (<c>KEDGE-SERVER-017</c>).</summary>
    public void RequireRoom(long bytes)
    {
        long free = FreeBytes;
        if (free < bytes)
        {
            throw new KedgeException(
                ServerErrors.DeltaRoom, $"{bytes} bytes may be needed, {Math.Max(0, free)} are to be had");
        }
    }

    /// <summary>A name for a file that is being made; what is left of it is removed by the next start.</summary>
    public string TemporaryPath() => Path.Combine(_folder, "work", $"{Interlocked.Increment(ref _temporary)}");

    /// <summary>
    /// The difference of a pair, where it was made or checked since the start; it counts as used by that.
    /// </summary>
    public KeptDelta? Find(DeltaPair pair)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(pair, out Entry? entry) || !entry.IsChecked)
            {
                return null;
            }

            if (!File.Exists(entry.File.Path))
            {
                Drop(pair);
                return null;
            }

            Touch(entry);
            return entry.File;
        }
    }

    /// <summary>
    /// Checks one that an earlier process has left; null when there is none, or when it was damaged and is gone now.
    /// Reads the whole file.
    /// </summary>
    public KeptDelta? Verify(DeltaPair pair, CancellationToken ct)
    {
        Entry? entry;
        lock (_lock)
        {
            entry = _entries.GetValueOrDefault(pair);
        }

        if (entry is null || entry.IsChecked)
        {
            return entry?.File;
        }

        bool isWhole = File.Exists(entry.File.Path) && DigestOf(entry.File.Path, ct) == entry.File.Digest;
        lock (_lock)
        {
            if (isWhole)
            {
                entry.IsChecked = true;
                return entry.File;
            }

            Drop(pair);
            return null;
        }
    }

    /// <summary>Keeps a difference that was written to a temporary file and flushed.</summary>
    /// <returns>Null when it is larger than the whole quota; the temporary file is gone either way.</returns>
    public KeptDelta? Keep(DeltaAsk ask, string temporary, Digest container)
    {
        long bytes = new FileInfo(temporary).Length;
        if (bytes > _bytesMax)
        {
            File.Delete(temporary);
            return null;
        }

        lock (_lock)
        {
            EvictFor(bytes, ask.Pair);
            string folder = Path.Combine(
                _folder, ask.Target.Package.Hex, ask.Base is null ? NoBase : ask.Base.Package.Hex);
            Directory.CreateDirectory(folder);
            string origin = ask.Base?.Digest.Hex ?? NoBase;
            string name = $"{ask.Target.Digest.Hex}-{origin}-{container.Hex}{Suffix}";
            KeptDelta file = new(Path.Combine(folder, name), container, bytes);
            File.Move(temporary, file.Path, overwrite: true);
            Entry entry = new(file, ask.Target.Package, ask.Base?.Package ?? default) { IsChecked = true };
            _entries[ask.Pair] = entry;
            _bytes += bytes;
            Touch(entry);
            return file;
        }
    }

    /// <summary>Opens one for sending; null when it has gone meanwhile. It stays readable while it is open.</summary>
    public static FileStream? Open(KeptDelta file)
    {
        try
        {
            return new FileStream(
                file.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1,
                FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes what belongs to packages that are gone, or counts it.</summary>
    public CollectedPart Collect(Func<Digest, bool> isPackage, bool dryRun)
    {
        CollectedPart found = default;
        lock (_lock)
        {
            foreach ((DeltaPair pair, Entry entry) in _entries.ToArray())
            {
                if (isPackage(entry.Package) && (entry.BasePackage.IsNone || isPackage(entry.BasePackage)))
                {
                    continue;
                }

                found = found.With(entry.File.Bytes);
                if (!dryRun)
                {
                    Drop(pair);
                }
            }
        }

        return found;
    }

    /// <summary>Makes room for a new one, which replaces what there is for its pair. Under the lock.</summary>
    private void EvictFor(long bytes, DeltaPair pair)
    {
        Drop(pair);
        foreach (DeltaPair oldest in _entries.OrderBy(e => e.Value.LastUse).Select(e => e.Key).ToArray())
        {
            if (_bytes + bytes <= _bytesMax)
            {
                return;
            }

            Drop(oldest);
        }
    }

    private void Drop(DeltaPair pair)
    {
        if (!_entries.Remove(pair, out Entry? entry))
        {
            return;
        }

        _bytes -= entry.File.Bytes;
        DirectoryInfo? folder = Directory.GetParent(entry.File.Path);
        if (folder is null || !folder.Exists)
        {
            return;
        }

        File.Delete(entry.File.Path);
        while (folder is not null && folder.FullName != Path.GetFullPath(_folder)
            && !folder.EnumerateFileSystemInfos().Any())
        {
            folder.Delete();
            folder = folder.Parent;
        }
    }

    private void Touch(Entry entry)
    {
        entry.LastUse = ++_use;
        File.SetLastWriteTimeUtc(entry.File.Path, _time.GetUtcNow().UtcDateTime);
    }

    private void Adopt(FileInfo file)
    {
        string[] parts = Path.GetFileNameWithoutExtension(file.Name).Split('-');
        string? above = file.Directory?.Name;
        if (parts.Length == 3
            && Digest.TryParse("sha256:" + parts[0], out Digest target)
            && TryParseOrNone(parts[1], out Digest origin)
            && Digest.TryParse("sha256:" + parts[2], out Digest container)
            && Digest.TryParse("sha256:" + file.Directory?.Parent?.Name, out Digest package)
            && TryParseOrNone(above ?? "", out Digest basePackage))
        {
            DeltaPair pair = new(target, origin);
            Drop(pair);
            _entries[pair] = new Entry(new KeptDelta(file.FullName, container, file.Length), package, basePackage)
            {
                LastUse = ++_use,
            };
            _bytes += file.Length;
        }
        else
        {
            file.Delete();
        }
    }

    private static bool TryParseOrNone(string hex, out Digest digest)
    {
        digest = default;
        return hex == NoBase || Digest.TryParse("sha256:" + hex, out digest);
    }

    /// <summary>Digest of a file.</summary>
    public static Digest DigestOf(string path, CancellationToken ct)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = new byte[256 * Limits.KiB];
        int read;
        while ((read = file.Read(part)) > 0)
        {
            ct.ThrowIfCancellationRequested();
            hash.AppendData(part, 0, read);
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }

    private sealed class Entry(KeptDelta file, Digest package, Digest basePackage)
    {
        public KeptDelta File { get; } = file;

        public Digest Package { get; } = package;

        public Digest BasePackage { get; } = basePackage;

        public long LastUse { get; set; }

        public bool IsChecked { get; set; }
    }
}
