using System.Net;
using System.Net.Sockets;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>
/// The line between a site and its server: it carries connections to one port of another address, counts the bytes both
/// ways, and can be cut and mended. It understands nothing of what it carries.
/// </summary>
internal sealed class Wan : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPAddress _far;
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private long _bytes;

    public Wan(IPAddress far)
    {
        _far = far;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Its port, and that of the server behind it.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Bytes both ways since it was made or <see cref="Reset"/>.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Reset() => Interlocked.Exchange(ref _bytes, 0);

    /// <summary>Ends all connections and takes no more.</summary>
    public void Cut() => _cut.Cancel();

    public void Mend() => _cut = new CancellationTokenSource();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> carrying = [];
        try
        {
            while (true)
            {
                carrying.Add(CarryAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(carrying);
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using Socket closing = near;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _cut.Token);
        using Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await far.ConnectAsync(_far, Port, either.Token);
            Task[] ways = [CopyAsync(near, far, either.Token), CopyAsync(far, near, either.Token)];
            await Task.WhenAny(ways);
            await either.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // However it ended, it is over.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, CancellationToken ct)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer, ct)) > 0)
        {
            Interlocked.Add(ref _bytes, read);
            for (int sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), ct);
            }
        }
    }
}
