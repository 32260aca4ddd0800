using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Zstd.Native;

namespace Kedge.Zstd;

/// <summary>
/// Whether this machine has the zstd library. It belongs to the system and is not brought along: nearly every Linux has
/// it, and where it is missing callers do without, by asking <see cref="IsPresent"/> first.
/// </summary>
public static class ZstdLibrary
{
    private const uint VersionMin = 10_400;

    private static readonly Lazy<bool> Present = new(Find);

    /// <summary>True when the library is there and has what is used here (1.4.0 and later).</summary>
    public static bool IsPresent => Present.Value;

    /// <summary>Ends what cannot go on without the library.</summary>
    /// <exception cref="KedgeException">It is absent (KEDGE-CONTENT-020).</exception>
    public static void Demand() => Demand(IsPresent);

    /// <summary>The same for an answer that is known already.</summary>
    /// <exception cref="KedgeException">It is absent (KEDGE-CONTENT-020).</exception>
    public static void Demand(bool isPresent)
    {
        if (!isPresent)
        {
            throw new KedgeException(ZstdErrors.LibraryAbsent, $"{LibZstd.Library} 1.4 or later was not found.");
        }
    }

    private static bool Find() =>
        NativeLibrary.TryLoad(LibZstd.Library, typeof(ZstdLibrary).Assembly, null, out _)
        && LibZstd.Version() >= VersionMin;
}
