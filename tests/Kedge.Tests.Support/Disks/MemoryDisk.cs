using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Tests.Support.Disks;

/// <summary>
/// A disk in memory that knows what a power cut would leave: bytes that were not synced, and names whose folder was
/// not.
/// After <see cref="Cut"/> each unsynced change has happened, happened in part, or not, as the seed says; a change that
/// builds on a lost one is lost too.
/// </summary>
public sealed class MemoryDisk : IDisk
{
    private readonly SortedDictionary<string, Node> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Node> _durableNames = new(StringComparer.Ordinal);
    private readonly List<NameChange> _pending = [];

    /// <summary>Bytes of all files together, at most; the disk is full beyond it.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>When set, asked before each changing call: a fault other than Unknown is thrown.</summary>
    public Func<string, DiskFault>? FaultAt { get; set; }

    /// <summary>Bytes of all files together.</summary>
    public long UsedBytes => _names.Values.Sum(static n => (long)n.Bytes.Count);

    public byte[] Read(string path, int bytesMax)
    {
        Node file = File(path);
        return file.Bytes.Count <= bytesMax
            ? file.Bytes.ToArray()
            : throw new DiskException(DiskFault.TooLarge, $"read {path}");
    }

    public int ReadAt(string path, long offset, Span<byte> buffer)
    {
        Node file = File(path);
        int count = (int)Math.Clamp(file.Bytes.Count - offset, 0, buffer.Length);
        file.Bytes.Slice((int)Math.Min(offset, file.Bytes.Count), count).CopyTo(buffer);
        return count;
    }

    public long? Length(string path) =>
        _names.TryGetValue(Checked(path), out Node? node) && !node.IsFolder ? node.Bytes.Count : null;

    public ImmutableArray<DiskEntry> List(string folder)
    {
        string prefix = folder.Length == 0 ? "" : Checked(folder) + "/";
        return [.. _names
            .Where(n => n.Key.StartsWith(prefix, StringComparison.Ordinal) && n.Key.IndexOf('/', prefix.Length) < 0)
            .Select(n => new DiskEntry(n.Key[prefix.Length..], n.Value.IsFolder))];
    }

    public void CreateFolder(string path)
    {
        MayChange(path);
        string made = "";
        foreach (string part in Checked(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            made = made.Length == 0 ? part : $"{made}/{part}";
            if (!_names.TryGetValue(made, out Node? node))
            {
                Apply(new NameChange(null, made, new Node { IsFolder = true }));
            }
            else if (!node.IsFolder)
            {
                throw new DiskException(DiskFault.Failed, $"create folder {path}");
            }
        }
    }

    public IDiskFile Open(string path, DiskOpening opening)
    {
        MayChange(path);
        RequireFolderOf(path);
        if (!_names.TryGetValue(path, out Node? node))
        {
            node = new Node();
            Apply(new NameChange(null, path, node));
        }

        if (node.IsFolder)
        {
            throw new DiskException(DiskFault.Denied, $"open {path}");
        }

        if (opening == DiskOpening.Create)
        {
            node.Bytes.Clear();
        }

        return new MemoryFile(this, path, node);
    }

    public void Rename(string from, string to)
    {
        MayChange(to);
        RequireFolderOf(to);
        Apply(new NameChange(from, to, File(from)));
    }

    public void Delete(string path)
    {
        MayChange(path);
        if (_names.TryGetValue(Checked(path), out Node? node) && !node.IsFolder)
        {
            Apply(new NameChange(path, null, node));
        }
    }

    public void DeleteFolder(string path)
    {
        MayChange(path);
        string prefix = Checked(path) + "/";
        foreach ((string name, Node node) in _names
            .Where(n => n.Key == path || n.Key.StartsWith(prefix, StringComparison.Ordinal)).Reverse().ToArray())
        {
            Apply(new NameChange(name, null, node));
        }
    }

    public void SyncFolder(string path)
    {
        MayChange(path);
        if (path.Length > 0 && !(_names.TryGetValue(Checked(path), out Node? node) && node.IsFolder))
        {
            throw new DiskException(DiskFault.Absent, $"sync folder {path}");
        }

        bool[] needed = new bool[_pending.Count];
        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            needed[i] = _pending[i].Touches(path)
                || Enumerable.Range(i + 1, _pending.Count - i - 1)
                    .Any(j => needed[j] && _pending[j].BuildsOn(_pending[i]));
        }

        for (int i = 0; i < needed.Length; i++)
        {
            if (needed[i])
            {
                Commit(_pending[i], _durableNames);
            }
        }

        int at = 0;
        _ = _pending.RemoveAll(_ => needed[at++]);
    }

    public long FreeBytes(string path) => Math.Max(0, CapacityBytes - UsedBytes);

    /// <summary>
    /// Cuts power: what was not synced has happened, in part or not, as <paramref name="rng"/> decides.
    /// </summary>
    public void Cut(Rng rng)
    {
        List<NameChange> lost = [];
        foreach (NameChange change in _pending)
        {
            if (lost.Any(change.BuildsOn) || rng.Below(2) == 0)
            {
                lost.Add(change);
            }
            else
            {
                Commit(change, _durableNames);
            }
        }

        _pending.Clear();
        _names.Clear();
        foreach ((string name, Node node) in _durableNames.ToArray())
        {
            bool isHeld = !name.Contains('/')
                || (_names.TryGetValue(name[..name.LastIndexOf('/')], out Node? folder) && folder.IsFolder);
            if (!isHeld)
            {
                _ = _durableNames.Remove(name);
                continue;
            }

            node.Cut(rng);
            _names.Add(name, node);
        }
    }

    /// <summary>Flips one bit of a file, as a worn flash cell does.</summary>
    public void Corrupt(string path, long offset) => File(path).Corrupt((int)offset);

    private static string Checked(string path)
    {
        Check.That(!path.StartsWith('/') && !path.EndsWith('/'));
        Check.That(!path.Split('/').Any(static p => p is "." or ".."));
        return path;
    }

    private Node File(string path) =>
        _names.TryGetValue(Checked(path), out Node? node) && !node.IsFolder
            ? node
            : throw new DiskException(DiskFault.Absent, $"open {path}");

    private void RequireFolderOf(string path)
    {
        int slash = Checked(path).LastIndexOf('/');
        if (slash >= 0 && !(_names.TryGetValue(path[..slash], out Node? folder) && folder.IsFolder))
        {
            throw new DiskException(DiskFault.Absent, $"open {path}");
        }
    }

    private void MayChange(string path)
    {
        DiskFault fault = FaultAt?.Invoke(path) ?? DiskFault.Unknown;
        if (fault != DiskFault.Unknown)
        {
            throw new DiskException(fault, $"change {path}");
        }
    }

    private void Apply(NameChange change)
    {
        Commit(change, _names);
        _pending.Add(change);
    }

    private static void Commit(NameChange change, SortedDictionary<string, Node> names)
    {
        if (change.From is not null)
        {
            _ = names.Remove(change.From);
        }

        if (change.To is not null)
        {
            names[change.To] = change.Node;
        }
    }

    private sealed record NameChange(string? From, string? To, Node Node)
    {
        public bool Touches(string folder) => IsIn(From, folder) || IsIn(To, folder);

        public bool BuildsOn(NameChange earlier) =>
            ReferenceEquals(Node, earlier.Node) || Meets(earlier.From) || Meets(earlier.To);

        private bool Meets(string? name) =>
            name is not null && (name == From || name == To || IsBelow(From, name) || IsBelow(To, name));

        private static bool IsBelow(string? path, string folder) =>
            path is not null && path.StartsWith(folder + "/", StringComparison.Ordinal);

        private static bool IsIn(string? name, string folder) =>
            name is not null && (name.Contains('/') ? name[..name.LastIndexOf('/')] : "") == folder;
    }

    private sealed class Node
    {
        private byte[] _durable = [];

        public bool IsFolder { get; init; }

        public ByteList Bytes { get; } = new();

        public void Sync() => _durable = Bytes.ToArray();

        public void Cut(Rng rng)
        {
            int kept = Bytes.CommonPrefix(_durable);
            byte[] now = Bytes.ToArray();
            Bytes.Clear();
            int outcome = rng.Below(4);
            if (outcome == 0)
            {
                Bytes.Add(_durable);
            }
            else
            {
                // The length may reach the disk before the bytes do: then zeroes stand there.
                int length = kept + rng.Below(now.Length - kept + 1);
                Bytes.Add(now.AsSpan(0, length));
                if (outcome == 1 && length < now.Length)
                {
                    Bytes.Add(new byte[rng.Below(now.Length - length + 1)]);
                }
            }

            Sync();
        }

        public void Corrupt(int offset) => Bytes.Flip(offset);
    }

    private sealed class MemoryFile(MemoryDisk disk, string path, Node node) : IDiskFile
    {
        public long Length => node.Bytes.Count;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            disk.MayChange(path);
            int fits = (int)Math.Clamp(disk.CapacityBytes - disk.UsedBytes, 0, bytes.Length);
            node.Bytes.Add(bytes[..fits]);
            if (fits < bytes.Length)
            {
                throw new DiskException(DiskFault.Full, $"write {path}");
            }
        }

        public void Truncate(long length)
        {
            disk.MayChange(path);
            node.Bytes.Truncate((int)length);
        }

        public void Sync()
        {
            disk.MayChange(path);
            node.Sync();
        }

        public void Dispose()
        {
        }
    }
}
