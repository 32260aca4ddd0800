namespace Kedge.ModelServer.Metrics;

/// <summary>What the process itself uses, read when somebody asks.</summary>
internal static class ProcessMeasures
{
    private const int StatBytesMax = 512;

    /// <summary>Managed bytes allocated since the start.</summary>
    internal static long AllocatedBytes => GC.GetTotalAllocatedBytes(precise: false);

    /// <summary>Memory that the process holds now, in bytes; 0 where the kernel does not tell.</summary>
    internal static long ResidentBytes
    {
        get
        {
            Span<byte> text = stackalloc byte[StatBytesMax];
            try
            {
                using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle("/proc/self/statm");
                text = text[..RandomAccess.Read(file, text, 0)];
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return 0;
            }

            // "size resident shared ...", in pages.
            text = text[(text.IndexOf((byte)' ') + 1)..];
            return System.Buffers.Text.Utf8Parser.TryParse(text, out long pages, out _)
                ? pages * Environment.SystemPageSize
                : 0;
        }
    }
}
