using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Core.Borders;

namespace Kedge.Agent.Inventory;

/// <summary>
/// Reads of <c>/proc</c>, <c>/sys</c>, <c>/etc</c> and <c>/dev</c> that cannot fail. Problem: which files there are,
/// who may read them and what they hold differs by kernel, and a captured tree may be torn. Approach: every read is
/// bounded, and whatever cannot be read or understood is an unknown value: empty text, no number, no names.
/// Texts that leave here are printable ASCII of bounded length.
/// </summary>
/// <param name="disk">Rooted at <c>/</c> or at a captured tree.</param>
internal sealed class InventoryTree(IDisk disk)
{
    /// <summary>The first line of a file, up to its first NUL, without space around it.</summary>
    internal string Line(string path)
    {
        string text = Encoding.UTF8.GetString(Bytes(path, InventoryLimits.ValueBytesMax));
        int end = text.AsSpan().IndexOfAny('\n', '\r', '\0');
        return (end < 0 ? text : text[..end]).Trim();
    }

    /// <summary>The first line of a file as a text to tell.</summary>
    internal string Text(string path) => Clean(Line(path));

    /// <summary>The whole number that is the first line of a file; null for anything else.</summary>
    internal long? Number(string path) =>
        long.TryParse(Line(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;

    /// <summary>A number of 0 to a highest one; 0 where it is unknown or out of range.</summary>
    internal long Number(string path, long max) =>
        Number(path) is long number && number >= 0 && number <= max ? number : 0;

    /// <summary>A file with many lines, up to the bound.</summary>
    internal string Listing(string path) => Encoding.UTF8.GetString(Bytes(path, InventoryLimits.ListingBytesMax));

    /// <summary>The value of a line <c>KEY=value</c> or <c>Key: value</c>, without quotes; empty if absent.</summary>
    internal string Property(string path, string key, char separator = '=')
    {
        foreach (ReadOnlySpan<char> line in Listing(path).AsSpan().EnumerateLines())
        {
            int at = line.IndexOf(separator);
            if (at >= 0 && line[..at].Trim().SequenceEqual(key))
            {
                return Clean(line[(at + 1)..].Trim().Trim('"').ToString());
            }
        }

        return "";
    }

    /// <summary>The amount of a line that has <c>Key:   123 kB</c>, in bytes; 0 where it is unknown.</summary>
    internal long Amount(string path, string key)
    {
        foreach (ReadOnlySpan<char> line in Listing(path).AsSpan().EnumerateLines())
        {
            int at = line.IndexOf(key, StringComparison.Ordinal);
            if (at >= 0 && line[(at + key.Length)..] is [':', .. ReadOnlySpan<char> rest])
            {
                ReadOnlySpan<char> amount = rest.Trim();
                int end = amount.IndexOf(' ');
                bool isNumber = long.TryParse(
                    end < 0 ? amount : amount[..end],
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out long kibiBytes);
                return isNumber && kibiBytes <= InventoryLimits.AmountBytesMax / 1024 ? kibiBytes * 1024 : 0;
            }
        }

        return 0;
    }

    /// <summary>The texts of a device tree property that lists several, each ended by a NUL.</summary>
    internal ImmutableArray<string> Strings(string path) =>
        [.. Encoding.UTF8.GetString(Bytes(path, InventoryLimits.ValueBytesMax))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(Clean)];

    /// <summary>The bytes of a file up to a bound; none where it cannot be read.</summary>
    internal byte[] Bytes(string path, int bytesMax)
    {
        try
        {
            return disk.Read(path, bytesMax);
        }
        catch (DiskException e)
        {
            return e.Fault == DiskFault.TooLarge ? Beginning(path, bytesMax) : [];
        }
    }

    /// <summary>Names in a folder; none where there is no such folder or it cannot be listed.</summary>
    internal ImmutableArray<string> Names(string folder)
    {
        try
        {
            return [.. disk.List(folder).Take(InventoryLimits.NamesMax).Select(static e => e.Name)];
        }
        catch (DiskException)
        {
            return [];
        }
    }

    /// <summary>Names in a folder that are a prefix and a number, by that number.</summary>
    internal ImmutableArray<NumberedName> Numbered(string folder, string prefix) =>
        [.. Names(folder)
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .Select(n => new NumberedName(NumberAfter(n, prefix.Length), n))
            .Where(static n => n.Number >= 0)
            .OrderBy(static n => n.Number)];

    /// <summary>Free bytes below a folder; 0 where they cannot be measured.</summary>
    /// <param name="folder">Its absolute path.</param>
    internal long FreeBytes(string folder)
    {
        if (folder.Length == 0 || folder.Split('/').Contains(".."))
        {
            return 0;
        }

        try
        {
            return disk.FreeBytes(folder.TrimStart('/'));
        }
        catch (DiskException)
        {
            return 0;
        }
    }

    /// <summary>A text that can be told: printable ASCII, single spaces, bounded.</summary>
    internal static string Clean(string text)
    {
        StringBuilder clean = new(Math.Min(text.Length, InventoryLimits.TextCharsMax));
        foreach (char c in text)
        {
            bool isSpace = c is ' ' or '\t';
            bool isKept = isSpace ? clean.Length > 0 && clean[^1] != ' ' : c is > ' ' and <= '~';
            if (isKept && clean.Length < InventoryLimits.TextCharsMax)
            {
                clean.Append(isSpace ? ' ' : c);
            }
        }

        return clean.ToString().TrimEnd();
    }

    private static int NumberAfter(string name, int start) =>
        int.TryParse(name.AsSpan(start), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number <= InventoryLimits.NumberMax
            ? number
            : -1;

    private byte[] Beginning(string path, int bytesMax)
    {
        byte[] buffer = new byte[bytesMax];
        try
        {
            return buffer[..disk.ReadAt(path, 0, buffer)];
        }
        catch (DiskException)
        {
            return [];
        }
    }
}

/// <summary>A name that is a prefix and a number, as <c>cpu3</c>.</summary>
/// <param name="Number">The number.</param>
/// <param name="Name">The whole name.</param>
internal sealed record NumberedName(int Number, string Name);
