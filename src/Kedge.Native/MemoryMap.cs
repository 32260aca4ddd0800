using System.Buffers.Text;

namespace Kedge.Native;

/// <summary>
/// Reads <c>/proc/PID/smaps</c> (proc_pid_smaps(5)) for one question: which parts of files are mapped that the process
/// never changed, so that dropping their pages loses nothing.
/// </summary>
internal static class MemoryMap
{
    /// <summary>
    /// Ranges that are private, not writable, backed by a file, in memory at least in part, and hold no page that was
    /// ever copied: relocated data, though it may be read only by now, is left out by that.
    /// </summary>
    /// <param name="smaps">The whole text.</param>
    internal static List<MappedRange> UnchangedFiles(ReadOnlySpan<byte> smaps)
    {
        List<MappedRange> found = [];
        MappedRange? current = null;
        long resident = 0;
        long copied = 0;
        foreach (Range line in smaps.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = smaps[line];
            if (TryReadField(text, "Rss:"u8, out long kilobytes))
            {
                resident = kilobytes;
            }
            else if (TryReadField(text, "Anonymous:"u8, out kilobytes) || TryReadField(text, "Swap:"u8, out kilobytes))
            {
                copied += kilobytes;
            }
            else if (TryReadHead(text, out MappedRange? next))
            {
                Keep();
                current = next;
                resident = 0;
                copied = 0;
            }
        }

        Keep();
        return found;

        void Keep()
        {
            if (current is not null && resident > 0 && copied == 0)
            {
                found.Add(current);
            }
        }
    }

    // "7f10-7f20 r-xp 00001000 fe:00 1234    /usr/lib/x.so": any head ends the mapping before it, also one that is not
    // of interest.
    private static bool TryReadHead(ReadOnlySpan<byte> line, out MappedRange? range)
    {
        range = null;
        if (!TryReadAddress(ref line, (byte)'-', out ulong start)
            || !TryReadAddress(ref line, (byte)' ', out ulong end))
        {
            return false;
        }

        bool isOfInterest = end > start && line.Length > 4 && line[0] == 'r' && line[1] == '-' && line[3] == 'p'
            && line.Contains((byte)'/');
        range = isOfInterest ? new MappedRange((nuint)start, (nuint)(end - start)) : null;
        return true;
    }

    private static bool TryReadAddress(ref ReadOnlySpan<byte> line, byte stop, out ulong address)
    {
        bool isRead = Utf8Parser.TryParse(line, out address, out int used, 'x') && used < line.Length
            && line[used] == stop;
        line = isRead ? line[(used + 1)..] : line;
        return isRead;
    }

    private static bool TryReadField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out long kilobytes)
    {
        kilobytes = 0;
        return line.StartsWith(name)
            && Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out kilobytes, out _);
    }
}
