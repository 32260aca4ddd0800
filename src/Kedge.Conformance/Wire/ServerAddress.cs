using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Kedge.Conformance.Wire;

/// <summary>Where a server listens.</summary>
/// <param name="Host">Host name or address, as in the Host header.</param>
/// <param name="EndPoint">What to connect to.</param>
internal sealed record ServerAddress(string Host, EndPoint EndPoint)
{
    private const string UnixPrefix = "unix:";

    /// <summary>Stands where no server is asked.</summary>
    internal static ServerAddress None { get; } = new("", new IPEndPoint(IPAddress.None, 0));

    /// <summary>Reads <c>http://HOST:PORT</c> or <c>unix:PATH</c>.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address)
    {
        address = null;
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal) && text.Length > UnixPrefix.Length)
        {
            address = new ServerAddress("localhost", new UnixDomainSocketEndPoint(text[UnixPrefix.Length..]));
        }
        else if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttp)
        {
            address = new ServerAddress(
                uri.Authority,
                IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? ip)
                    ? new IPEndPoint(ip, uri.Port)
                    : new DnsEndPoint(uri.DnsSafeHost, uri.Port));
        }

        return address is not null;
    }

    /// <summary>A connection to it.</summary>
    internal async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        Socket socket = EndPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(EndPoint, stop).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
