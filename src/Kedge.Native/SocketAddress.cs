using System.Runtime.InteropServices;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Native;

/// <summary>
/// Bytes of a <c>struct sockaddr</c>, and the descriptor that a long Unix path needs while it is used.
/// </summary>
internal sealed class SocketAddress : IDisposable
{
    internal const int BytesMax = 128;

    /// <summary>Longest path that fits <c>sun_path</c> with its end mark (unix(7)).</summary>
    internal const int UnixPathBytesMax = 107;

    // O_DIRECTORY | O_PATH | O_CLOEXEC; the first has another number on Arm.
    private static readonly int OpenDirectoryPath =
        (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000)
        | 0x200000 | 0x80000;
    private readonly FileDescriptor? _folder;

    private SocketAddress(byte[] bytes, int family, FileDescriptor? folder = null)
    {
        Bytes = bytes;
        Family = family;
        _folder = folder;
    }

    internal byte[] Bytes { get; }

    internal int Family { get; }

    /// <summary>The address of a TCP end point.</summary>
    internal static SocketAddress Of(IPEndPoint endPoint)
    {
        bool v6 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        byte[] bytes = new byte[v6 ? 28 : 16];
        int family = v6 ? Libc.AddressInet6 : Libc.AddressInet;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)endPoint.Port);
        endPoint.Address.TryWriteBytes(bytes.AsSpan(v6 ? 8 : 4), out _);
        if (v6)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), (uint)endPoint.Address.ScopeId);
        }

        return new SocketAddress(bytes, family);
    }

    /// <summary>The address of a Unix path. One longer than <c>sun_path</c> goes through its open folder.</summary>
    internal static SocketAddress OfPath(string path)
    {
        FileDescriptor? folder = null;
        byte[] text = Encoding.UTF8.GetBytes(path);
        if (text.Length > UnixPathBytesMax)
        {
            string parent = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
            folder = FileDescriptor.FromCall(Libc.Open(parent, OpenDirectoryPath, 0), $"open {parent}");
            text = Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"/proc/self/fd/{folder.Number}/{Path.GetFileName(path)}"));
            if (text.Length > UnixPathBytesMax)
            {
                folder.Dispose();
                throw new NativeException($"use the socket path {path}", 36);
            }
        }

        byte[] bytes = new byte[2 + text.Length + 1];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Libc.AddressUnix);
        text.CopyTo(bytes, 2);
        return new SocketAddress(bytes, Libc.AddressUnix, folder);
    }

    /// <summary>Reads what the kernel wrote: <c>127.0.0.1:8500</c>, <c>[::1]:8500</c> or <c>unix:/path</c>.</summary>
    internal static string Describe(ReadOnlySpan<byte> bytes)
    {
        int family = bytes.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (family == Libc.AddressUnix)
        {
            return "unix:" + Encoding.UTF8.GetString(bytes[2..]).TrimEnd('\0');
        }

        if ((family != Libc.AddressInet || bytes.Length < 16) && (family != Libc.AddressInet6 || bytes.Length < 28))
        {
            return string.Create(CultureInfo.InvariantCulture, $"family {family}");
        }

        ReadOnlySpan<byte> address = family == Libc.AddressInet ? bytes.Slice(4, 4) : bytes.Slice(8, 16);
        return new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])).ToString();
    }

    public void Dispose() => _folder?.Dispose();
}
