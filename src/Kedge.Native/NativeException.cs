using System.Globalization;
using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>A call into the C library failed.</summary>
/// <param name="what">What was attempted, on what: <c>bind /run/kedge/x.sock</c>.</param>
/// <param name="errno">The error number of the C library.</param>
public sealed class NativeException(string what, int errno) : IOException(
    string.Create(CultureInfo.InvariantCulture, $"{what}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})"))
{
    /// <summary>The error number of the C library, such as 98 for an address in use.</summary>
    public int Errno { get; } = errno;

    /// <summary>True when a port or path is already taken by somebody else (EADDRINUSE).</summary>
    public bool IsAddressInUse => Errno == Libc.AddressInUse;

    /// <summary>True when there is nothing to reach: no such file, nobody listening, the process is gone.</summary>
    public bool IsAbsent => Errno is Libc.NoEntry or Libc.ConnectionRefused or Libc.NoProcess;

    internal static NativeException Last(string what) => new(what, Marshal.GetLastPInvokeError());
}
