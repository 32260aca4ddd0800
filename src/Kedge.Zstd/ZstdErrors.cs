using Kedge.Core.Errors;

namespace Kedge.Zstd;

/// <summary>What can be wrong with the library itself.</summary>
public static class ZstdErrors
{
    /// <summary>Not there.</summary>
    public static readonly ErrorCode LibraryAbsent = new(
        "KEDGE-CONTENT-020",
        "The system's zstd library, libzstd.so.1, is absent or older than 1.4, so nothing can be compressed.",
        "Install it (Debian: apt-get install libzstd1); until then content travels uncompressed, chunk by chunk.");
}
