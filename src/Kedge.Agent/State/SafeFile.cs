using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Agent.State;

/// <summary>
/// One small file that is either whole old or whole new after any cut. Problem: a power cut may tear a write, lose a
/// rename, or leave bytes that were never written. Approach: the content ends in a line with a number that grows and a
/// digest over both; a new copy is written beside the old one, synced, and renamed over it, and the one before is kept.
/// Loading takes the copy with the highest number among those that are whole; saving never writes over that copy before
/// the next is on the disk, wherever a cut had left it.
/// </summary>
/// <param name="disk">Where it is.</param>
/// <param name="folder">Its folder, made when it is not there.</param>
/// <param name="name">Its name.</param>
internal sealed class SafeFile(IDisk disk, string folder, string name)
{
    private const int TailBytesMax = 20 + 1 + Digest.TextChars + 2;
    private long _number;
    private string _held = "";

    private string Newest => $"{folder}/{name}";

    private string Previous => $"{folder}/{name}.previous";

    private string Fresh => $"{folder}/{name}.new";

    /// <summary>What was found by <see cref="Load"/>.</summary>
    /// <param name="Content">The content; null when there is none or none is whole.</param>
    /// <param name="Damaged">Copies that were there and not whole.</param>
    /// <param name="IsNewest">False when the newest copy was damaged and an older one is given.</param>
    internal readonly record struct Loaded(byte[]? Content, int Damaged, bool IsNewest);

    internal Loaded Load()
    {
        byte[]? best = null;
        string bestPath = "";
        int damaged = 0;
        bool newestDamaged = false;
        foreach (string path in new[] { Newest, Fresh, Previous })
        {
            if (disk.Length(path) is null)
            {
                continue;
            }

            if (!TryOpen(path, out byte[] content, out long number))
            {
                // A torn copy that was never renamed is nothing but a save that did not happen.
                damaged += path == Fresh ? 0 : 1;
                newestDamaged |= path == Newest;
            }
            else if (best is null || number > _number)
            {
                (best, bestPath, _number) = (content, path, number);
            }
        }

        _held = bestPath;
        return new Loaded(best, damaged, best is not null && !(newestDamaged && bestPath == Previous));
    }

    /// <summary>Writes a new copy. Throws <see cref="DiskException"/>: the old copy is whole then.</summary>
    internal void Save(ReadOnlySpan<byte> content)
    {
        disk.CreateFolder(folder);
        if (_held == Fresh)
        {
            // A cut came between its writing and its renaming: it is the only copy of what is held.
            using (IDiskFile file = disk.Open(Fresh, DiskOpening.Append))
            {
                file.Sync();
            }

            PutInPlace();
        }

        long number = _number + 1;
        using (IDiskFile file = disk.Open(Fresh, DiskOpening.Create))
        {
            file.Write([.. content, .. Encoding.ASCII.GetBytes(Tail(content, number))]);
            file.Sync();
        }

        PutInPlace();
        _number = number;
    }

    /// <summary>
    /// Renames the fresh copy over the newest, and that over the one before, unless the newest is damaged and the one
    /// before is what is held.
    /// </summary>
    private void PutInPlace()
    {
        if (_held != Previous && disk.Length(Newest) is not null)
        {
            disk.Rename(Newest, Previous);
        }

        disk.Rename(Fresh, Newest);
        disk.SyncFolder(folder);
        _held = Newest;
    }

    private bool TryOpen(string path, out byte[] content, out long number)
    {
        content = [];
        number = 0;
        byte[] bytes;
        try
        {
            bytes = disk.Read(path, AgentLimits.StateBytesMax + TailBytesMax);
        }
        catch (DiskException)
        {
            // A copy that cannot be read is as good as a torn one; another is tried.
            return false;
        }

        if (bytes.Length < 2 || bytes[^1] != '\n')
        {
            return false;
        }

        int start = bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1;
        string tail = Encoding.ASCII.GetString(bytes.AsSpan(start));
        int space = tail.IndexOf(' ');
        content = bytes[..Math.Max(0, start - 1)];
        return start > 0 && space > 0
            && long.TryParse(tail.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && Tail(content, number)[1..] == tail;
    }

    private static string Tail(ReadOnlySpan<byte> content, long number)
    {
        byte[] signed = [.. content, .. Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))];
        return string.Create(CultureInfo.InvariantCulture, $"\n{number} {Digest.Of(signed)}\n");
    }
}
