using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Content;

/// <summary>
/// Which packages stay on the disk. Problem: a package that nothing names any more is the base of the next delta and
/// the way back, and takes room that others need. Approach: packages that are named (desired, serving, last good, on
/// standby) always stay. Of the others the one used last of each model stays, while they take no more room than is
/// free and all content together no more than the device's own bound; the rest goes, and everything unnamed goes, least
/// recently used first, when a fetch needs the room. The order of use is a number in a file beside the package: no
/// clock is needed. Invariants: what is named while it is looked at is not deleted; deleting may be killed anywhere,
/// the next run deletes what is left.
/// </summary>
/// <param name="disk">Where content is.</param>
/// <param name="bytesMax">Most bytes of all packages, 0 for no bound but the reserve.</param>
internal sealed class PackageShelf(IDisk disk, long bytesMax)
{
    private const string Packages = "content/packages";
    private const string Partial = "content/partial";
    private const int UseBytesMax = 256;
    private readonly Lock _lock = new();
    private IReadOnlySet<Digest> _named = new HashSet<Digest>();
    private long _lastUse;

    /// <summary>Tells which packages something names; they stay from now on.</summary>
    internal void Name(IReadOnlySet<Digest> named)
    {
        lock (_lock)
        {
            _named = named;
        }
    }

    /// <summary>Remembers that a package was used just now.</summary>
    internal void Use(Digest package, string model)
    {
        lock (_lock)
        {
            if (_lastUse > 0 && UseOf(package).Number == _lastUse)
            {
                return;
            }

            _lastUse = Math.Max(_lastUse, All().Select(static p => p.Use).DefaultIfEmpty().Max()) + 1;
            try
            {
                using IDiskFile file = disk.Open(UsePath(package), DiskOpening.Create);
                file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_lastUse} {model}")));
            }
            catch (DiskException)
            {
                // It counts as used longest ago.
            }
        }
    }

    /// <summary>
    /// Deletes what is not to stay, and what was begun of packages that nothing names. Run while nothing fetches.
    /// </summary>
    /// <returns>Packages deleted.</returns>
    internal int Collect()
    {
        int deleted = 0;
        foreach (Shelved package in Unneeded())
        {
            deleted += TryDelete(package.Digest) ? 1 : 0;
        }

        foreach (DiskEntry entry in disk.List(Partial))
        {
            DeleteBegun(entry);
        }

        return deleted;
    }

    /// <summary>
    /// Null when so many more bytes fit, after whatever nothing names was deleted as far as needed; else what is wrong.
    /// </summary>
    internal Finding? MakeRoom(long bytes)
    {
        disk.CreateFolder(Packages);
        Finding? full = Room(bytes);
        if (full is null)
        {
            return null;
        }

        foreach (Shelved package in All().OrderBy(static p => p.Use))
        {
            if (TryDelete(package.Digest) && (full = Room(bytes)) is null)
            {
                return null;
            }
        }

        return full;
    }

    private Finding? Room(long bytes)
    {
        long free = disk.FreeBytes("content");
        if (free - bytes < AgentLimits.FreeBytesMin)
        {
            return AgentErrors.DiskFull.At(
                $"{bytes / Limits.MiB} MiB are needed and {AgentLimits.FreeBytesMin / Limits.MiB} MiB kept free, "
                + $"{free / Limits.MiB} MiB are there");
        }

        long held = bytesMax > 0 ? All().Sum(static p => p.Bytes) : 0;
        return held + bytes <= bytesMax || bytesMax == 0
            ? null
            : AgentErrors.QuotaFull.At(
                $"{bytes / Limits.MiB} MiB are needed, {held / Limits.MiB} MiB that are in use are kept of at most "
                + $"{bytesMax / Limits.MiB} MiB");
    }

    /// <summary>What goes without anybody needing its room.</summary>
    private List<Shelved> Unneeded()
    {
        List<Shelved> all = All();
        long held = all.Sum(static p => p.Bytes);
        long free = disk.FreeBytes("content");
        HashSet<string> models = new(StringComparer.Ordinal);
        List<Shelved> unneeded = [];
        long kept = 0;
        foreach (Shelved package in all.Where(p => !IsNamed(p.Digest)).OrderByDescending(static p => p.Use))
        {
            bool stays = package.Model.Length > 0 && models.Add(package.Model)
                && kept + package.Bytes <= free && (bytesMax == 0 || held <= bytesMax);
            if (stays)
            {
                kept += package.Bytes;
            }
            else
            {
                unneeded.Add(package);
                held -= package.Bytes;
            }
        }

        return unneeded;
    }

    private bool IsNamed(Digest package)
    {
        lock (_lock)
        {
            return _named.Contains(package);
        }
    }

    private bool TryDelete(Digest package)
    {
        lock (_lock)
        {
            if (_named.Contains(package))
            {
                return false;
            }

            disk.DeleteFolder($"{Packages}/{package.Hex}");
            return true;
        }
    }

    private void DeleteBegun(DiskEntry entry)
    {
        string path = $"{Partial}/{entry.Name}";
        if (!entry.IsFolder)
        {
            // An older agent kept them so.
            disk.Delete(path);
        }
        else if (!Digest.TryParse($"sha256:{entry.Name}", out Digest package) || !IsNamed(package))
        {
            disk.DeleteFolder(path);
        }
    }

    private List<Shelved> All()
    {
        List<Shelved> all = [];
        foreach (DiskEntry entry in disk.List(Packages))
        {
            if (Digest.TryParse($"sha256:{entry.Name}", out Digest digest))
            {
                (long use, string model) = UseOf(digest);
                all.Add(new Shelved(digest, BytesIn($"{Packages}/{entry.Name}"), use, model));
            }
        }

        return all;
    }

    private long BytesIn(string folder)
    {
        long bytes = 0;
        foreach (DiskEntry entry in disk.List(folder))
        {
            string path = $"{folder}/{entry.Name}";
            bytes += entry.IsFolder ? BytesIn(path) : disk.Length(path) ?? 0;
        }

        return bytes;
    }

    private (long Number, string Model) UseOf(Digest package)
    {
        try
        {
            if (disk.Length(UsePath(package)) is null)
            {
                return (0, "");
            }

            string[] words = Encoding.UTF8.GetString(disk.Read(UsePath(package), UseBytesMax)).Split(' ');
            return words.Length == 2 && Ids.IsName(words[1])
                && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    ? (number, words[1])
                    : (0, "");
        }
        catch (DiskException)
        {
            return (0, "");
        }
    }

    private static string UsePath(Digest package) => $"{Packages}/{package.Hex}/used";

    private sealed record Shelved(Digest Digest, long Bytes, long Use, string Model);
}
