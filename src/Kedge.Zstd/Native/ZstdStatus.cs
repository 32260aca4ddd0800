using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Zstd.Native;

/// <summary>The one place where a status of the library is judged.</summary>
internal static unsafe class ZstdStatus
{
    /// <summary>For calls that only a bug or the end of memory can fail.</summary>
    /// <exception cref="InvariantException">The library refused.</exception>
    public static nuint Demand(nuint status, string what) => LibZstd.IsError(status) == 0
        ? status
        : throw new InvariantException($"zstd, {what}: {Text(status)}");

    /// <summary>For calls whose input may be bad or whose output may not fit.</summary>
    public static bool IsGood(nuint status) => LibZstd.IsError(status) == 0;

    private static string Text(nuint status) =>
        Marshal.PtrToStringUTF8((nint)LibZstd.ErrorName(status)) ?? "no text";
}
