using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>Opens, checks and accepts from stream sockets whose listener may be shared by several processes.</summary>
public static unsafe class ListeningSocket
{
    // A peer whose queue is full makes connect and send wait: no longer than this.
    private const long SendSecondsMax = 5;

    /// <summary>Binds and listens on TCP. Port 0 takes a free one: see <see cref="Describe"/>.</summary>
    /// <exception cref="NativeException">The address is taken or not of this machine.</exception>
    public static FileDescriptor OpenTcp(IPEndPoint endPoint, int backlog)
    {
        using SocketAddress address = SocketAddress.Of(endPoint);
        FileDescriptor socket = NewSocket(address.Family);
        int one = 1;
        _ = Libc.SetOption(socket.Number, Libc.SocketLevel, Libc.ReuseAddress, &one, sizeof(int));
        return BindAndListen(socket, address, backlog, endPoint.ToString(), null);
    }

    /// <summary>Binds and listens on a Unix path; a file that stands there is removed first.</summary>
    /// <param name="path">Where the socket file is made.</param>
    /// <param name="backlog">Connections that wait unaccepted, at most.</param>
    /// <param name="mode">Permission bits of the socket file, set before anybody can connect.</param>
    /// <exception cref="NativeException">The folder is absent or not ours to write.</exception>
    public static FileDescriptor OpenUnix(string path, int backlog, UnixFileMode mode)
    {
        if (Libc.Unlink(path) != 0 && Marshal.GetLastPInvokeError() != Libc.NoEntry)
        {
            throw NativeException.Last($"remove {path}");
        }

        using SocketAddress address = SocketAddress.OfPath(path);
        return BindAndListen(NewSocket(Libc.AddressUnix), address, backlog, path, mode);
    }

    /// <summary>Connects to a Unix path. The connection blocks; use it through <see cref="LineChannel"/>.</summary>
    /// <exception cref="NativeException">Nobody listens there.</exception>
    public static FileDescriptor ConnectUnix(string path)
    {
        using SocketAddress address = SocketAddress.OfPath(path);
        FileDescriptor socket = NewSocket(Libc.AddressUnix);
        long* limit = stackalloc long[2] { SendSecondsMax, 0 };
        _ = Libc.SetOption(socket.Number, Libc.SocketLevel, Libc.SendTimeout, limit, 2 * sizeof(long));
        fixed (byte* start = address.Bytes)
        {
            if (Libc.Connect(socket.Number, start, (uint)address.Bytes.Length) == 0)
            {
                return socket;
            }
        }

        NativeException failure = NativeException.Last($"connect to {path}");
        socket.Dispose();
        throw failure;
    }

    /// <summary>
    /// Ends listening for every process that holds the socket (shutdown(2)): connects are refused from now on, and
    /// whoever
    /// polls it wakes up. For a workload that is gone, never for a swap.
    /// </summary>
    public static void Shut(FileDescriptor socket) => _ = Libc.Shutdown(socket.Number, Libc.ShutBoth);

    /// <summary>True when the descriptor is a socket that accepts connections (SO_ACCEPTCONN).</summary>
    public static bool IsListening(FileDescriptor socket)
    {
        int value = 0;
        uint bytes = sizeof(int);
        int result = Libc.GetOption(socket.Number, Libc.SocketLevel, Libc.AcceptConnections, &value, &bytes);
        return result == 0 && value != 0;
    }

    /// <summary>The local address: <c>127.0.0.1:8500</c>, <c>[::1]:8500</c> or <c>unix:/path</c>.</summary>
    /// <exception cref="NativeException">It is no socket.</exception>
    public static string Describe(FileDescriptor socket)
    {
        byte* address = stackalloc byte[SocketAddress.BytesMax];
        uint bytes = SocketAddress.BytesMax;
        if (Libc.GetSocketName(socket.Number, address, &bytes) != 0)
        {
            throw NativeException.Last("read the address of a socket");
        }

        return SocketAddress.Describe(new ReadOnlySpan<byte>(address, (int)Math.Min(bytes, SocketAddress.BytesMax)));
    }

    /// <summary>The port of a TCP listener; 0 for any other socket.</summary>
    public static int Port(FileDescriptor socket) =>
        IPEndPoint.TryParse(Describe(socket), out IPEndPoint? endPoint) ? endPoint.Port : 0;

    /// <summary>The process, user and group at the other end of a connected Unix socket (SO_PEERCRED).</summary>
    /// <exception cref="NativeException">It is no connected Unix socket.</exception>
    public static PeerIdentity Peer(FileDescriptor connection)
    {
        int* values = stackalloc int[3];
        uint bytes = 3 * sizeof(int);
        return Libc.GetOption(connection.Number, Libc.SocketLevel, Libc.PeerCredentials, values, &bytes) == 0
            ? new PeerIdentity(values[0], values[1], values[2])
            : throw NativeException.Last("read who is at the other end");
    }

    /// <summary>
    /// Makes accepting return at once when nothing waits. The flag belongs to the open file, so every process that
    /// shares the listener sees it: all of them poll first.
    /// </summary>
    public static void SetNonBlocking(FileDescriptor socket)
    {
        int flags = Libc.Control(socket.Number, Libc.GetStatusFlags, 0);
        if (flags < 0 || Libc.Control(socket.Number, Libc.SetStatusFlags, flags | Libc.NonBlocking) < 0)
        {
            throw NativeException.Last("make a socket non-blocking");
        }
    }

    /// <summary>
    /// Accepts one connection (close-on-exec, non-blocking); null when none waits or it is already gone.
    /// </summary>
    /// <exception cref="NativeException">The listener is broken, or the process is out of descriptors.</exception>
    public static FileDescriptor? TryAccept(FileDescriptor listener, bool nonBlocking = true)
    {
        int flags = 0x80000 | (nonBlocking ? Libc.NonBlocking : 0);
        int accepted = Libc.Accept(listener.Number, null, null, flags);
        if (accepted >= 0)
        {
            return FileDescriptor.Adopt(accepted);
        }

        return Marshal.GetLastPInvokeError() is Libc.Again or Libc.Interrupted or Libc.ConnectionAborted
            ? null
            : throw NativeException.Last("accept a connection");
    }

    private static FileDescriptor NewSocket(int family) =>
        FileDescriptor.FromCall(Libc.Socket(family, Libc.StreamCloseOnExec, 0), "open a socket");

    private static FileDescriptor BindAndListen(
        FileDescriptor socket, SocketAddress address, int backlog, string name, UnixFileMode? mode)
    {
        fixed (byte* start = address.Bytes)
        {
            bool done = Libc.Bind(socket.Number, start, (uint)address.Bytes.Length) == 0
                && (mode is null || Libc.ChangeMode(name, (uint)mode) == 0)
                && Libc.Listen(socket.Number, backlog) == 0;
            if (done)
            {
                return socket;
            }
        }

        NativeException failure = NativeException.Last(
            string.Create(CultureInfo.InvariantCulture, $"listen on {name}"));
        socket.Dispose();
        throw failure;
    }
}
