namespace Kedge.Cli.Commands;

/// <summary>Finds what is new in the end of a log that was read again. The device keeps a bounded file, so that old
/// lines may
/// be gone; lines carry no numbers, so that the longest overlap decides.</summary>
internal static class LogTail
{
    /// <summary>
    /// Lines of <paramref name="now"/> behind those of <paramref name="before"/>: all of them when nothing overlaps.
    /// </summary>
    public static ReadOnlySpan<string> NewLines(string[] before, string[] now)
    {
        int end = now.Length;
        while (end > 0)
        {
            int overlap = Math.Min(end, before.Length);
            if (overlap > 0 && now.AsSpan(end - overlap, overlap).SequenceEqual(before.AsSpan(before.Length - overlap)))
            {
                return now.AsSpan(end);
            }

            end--;
        }

        return now;
    }
}
