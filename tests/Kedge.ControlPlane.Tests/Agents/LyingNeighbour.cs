using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Kedge.Agent.Identity;
using Kedge.Agent.Neighbours;
using Kedge.Core;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>How a neighbour lies.</summary>
public enum Lie
{
    /// <summary>Bytes of the right length that are others.</summary>
    WrongBytes,

    /// <summary>Fewer bytes than were asked for.</summary>
    Short,

    /// <summary>Bytes without an end.</summary>
    Endless,

    /// <summary>Not HTTP.</summary>
    Garbage,

    /// <summary>It offers and does not give.</summary>
    BreaksItsWord,

    /// <summary>One byte now and then.</summary>
    Trickle,
}

/// <summary>
/// A device of the site, by its real key and certificate, that says to have every file but one and gives it as no
/// device
/// does.
/// </summary>
internal sealed class LyingNeighbour : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly PeerTls _tls;
    private readonly Lie _lie;
    private readonly Digest _but;
    private readonly Task _accepting;

    public LyingNeighbour(Credentials credentials, string address, Lie lie, Digest but = default)
    {
        _tls = new PeerTls(credentials, TimeProvider.System, static () => 0);
        (_lie, _but) = (lie, but);
        _listener.Bind(IPEndPoint.Parse(address));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            (SslStream stream, _) = await _tls.AnswerAsync(socket, _stop.Token);
            await using SslStream closing = stream;
            byte[] head = new byte[4096];
            while (await stream.ReadAsync(head, _stop.Token) is > 0 and var read)
            {
                string path = Encoding.ASCII.GetString(head, 0, read).Split(' ')[1];
                await (path.StartsWith("/v1/offers/", StringComparison.Ordinal)
                    ? OfferAsync(stream, isNone: path.EndsWith(_but.ToString(), StringComparison.Ordinal))
                    : LieAsync(stream, path));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Found out.
        }
    }

    private Task OfferAsync(Stream stream, bool isNone) => SayAsync(
        stream, 200, isNone ? """{"v":1,"state":"none"}""" : """{"v":1,"state":"whole"}""");

    private async Task LieAsync(Stream stream, string path)
    {
        int bytes = path.Contains("&bytes=", StringComparison.Ordinal)
            ? int.Parse(path.Split("&bytes=")[1], System.Globalization.CultureInfo.InvariantCulture)
            : 1000;
        switch (_lie)
        {
            case Lie.WrongBytes:
                await SayAsync(stream, 200, new string('x', bytes));
                break;
            case Lie.Short:
                await SayAsync(stream, 200, new string('x', bytes - 1));
                break;
            case Lie.Garbage:
                await stream.WriteAsync("SSH-2.0-OpenSSH_9.2p1\r\n"u8.ToArray(), _stop.Token);
                break;
            case Lie.BreaksItsWord:
                await SayAsync(stream, 404, "");
                break;
            case Lie.Endless:
                await stream.WriteAsync(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), _stop.Token);
                while (true)
                {
                    await stream.WriteAsync("400\r\n"u8.ToArray(), _stop.Token);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 1024) + "\r\n"), _stop.Token);
                }

            case Lie.Trickle:
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n"), _stop.Token);
                while (true)
                {
                    await stream.WriteAsync("x"u8.ToArray(), _stop.Token);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token);
                }

            default:
                throw new InvalidOperationException($"{_lie}");
        }
    }

    private Task SayAsync(Stream stream, int status, string body) => stream.WriteAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status} OK\r\nContent-Length: {body.Length}\r\n\r\n{body}"), _stop.Token)
        .AsTask();
}
