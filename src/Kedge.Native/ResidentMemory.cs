using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>
/// Gives back memory that a quiet process holds and does not use.
/// <para>Two kinds: what the C library keeps of freed blocks, and pages of programs and libraries that only the start
/// needed. The second are dropped from this process, not from the kernel's cache: what is called again is mapped again
/// by a minor fault, and what is not is the first that a device short of memory can use for something else.</para>
/// </summary>
public static class ResidentMemory
{
    /// <summary>About 20,000 mappings. Only as much of it takes memory as there is to read.</summary>
    private const int MapBytesMax = 16 * 1024 * 1024;

    /// <summary>Gives back what can be had. Never fails: where it cannot, memory stays as it is.</summary>
    public static unsafe void GiveBack()
    {
        TrimHeap();

        // Outside the heap: what frees memory must not look like work to whoever counts allocations.
        byte* text = (byte*)NativeMemory.Alloc(MapBytesMax);
        try
        {
            foreach (MappedRange range in MemoryMap.UnchangedFiles(ReadMap(new Span<byte>(text, MapBytesMax))))
            {
                // Refused for what the kernel pins: that stays.
                _ = Libc.Advise(range.Start, range.Bytes, Libc.AdviceDoNotNeed);
            }
        }
        finally
        {
            NativeMemory.Free(text);
        }
    }

    /// <summary>
    /// Makes all threads that start from now on share the C library's heap: each would have an arena of its own, and
    /// what one thread freed would wait in its arena for that thread (mallopt(3), M_ARENA_MAX). For processes that
    /// allocate little there. Never fails: another C library has its own way.
    /// </summary>
    public static void ShareHeap()
    {
        const int ArenaMax = -8;
        try
        {
            _ = Libc.SetHeapOption(ArenaMax, 1);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has arenas that can be counted.
        }
    }

    /// <summary>Gives back what the C library keeps of freed blocks; never fails.</summary>
    public static void TrimHeap()
    {
        try
        {
            _ = Libc.TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc keeps freed blocks, and only glibc has this call.
        }
    }

    private static ReadOnlySpan<byte> ReadMap(Span<byte> text)
    {
        try
        {
            using FileStream map = new("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.Read, 0);
            int length = map.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);

            // One that was cut says nothing of its last mapping.
            return length < text.Length ? text[..length] : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
