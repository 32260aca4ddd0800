using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Inference.Tests.ProtocolSuite;

/// <summary>
/// Stands between a client and a right server and replaces one word of every answer by another of the same length.
/// </summary>
internal sealed class LyingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _right;
    private readonly byte[] _word;
    private readonly byte[] _lie;

    public LyingRelay(IPEndPoint right, string word, string lie)
    {
        (_right, _word, _lie) = (right, Encoding.UTF8.GetBytes(word), Encoding.UTF8.GetBytes(lie));
        Assert.Equal(_word.Length, _lie.Length);
        _listener.Start();
        _ = AcceptAsync();
    }

    public EndPoint EndPoint => _listener.LocalEndpoint;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using Socket right = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            await right.ConnectAsync(_right);
            await Task.WhenAll(PumpAsync(client, right, lies: false), PumpAsync(right, client, lies: true));
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool lies)
    {
        byte[] buffer = new byte[256 * 1024];
        try
        {
            int received;
            while ((received = await from.ReceiveAsync(buffer.AsMemory(), _stop.Token)) > 0)
            {
                if (lies)
                {
                    Lie(buffer.AsSpan(0, received));
                }

                await to.SendAsync(buffer.AsMemory(0, received), _stop.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end has gone: so does the other.
            to.Dispose();
        }
    }

    private void Lie(Span<byte> bytes)
    {
        int at;
        while ((at = bytes.IndexOf(_word)) >= 0)
        {
            _lie.CopyTo(bytes[at..]);
            bytes = bytes[(at + _word.Length)..];
        }
    }
}
