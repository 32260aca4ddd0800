using System.Net;
using System.Net.Sockets;

namespace Kedge.ControlPlane.Tests.Registry;

/// <summary>
/// A TCP proxy that cuts connections: the next one after so many bytes towards the server as is given, then the one
/// after it, until nothing is given any more.
/// </summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<long> _cuts;
    private readonly int _target;
    private readonly Task _accepting;
    private long _upBytes;

    public BreakingProxy(int target, params long[] cuts)
    {
        _target = target;
        _cuts = new Queue<long>(cuts);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Authority => _listener.LocalEndpoint.ToString()!; // Bound, so it has one.

    public long UpBytes => Interlocked.Read(ref _upBytes);

    public int CutsLeft
    {
        get
        {
            lock (_cuts)
            {
                return _cuts.Count;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> carried = [];
        try
        {
            while (true)
            {
                carried.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(carried);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (TcpClient server = new())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                using CancellationTokenSource cut = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                Task up = UpAsync(client.GetStream(), server.GetStream(), cut.Token);
                Task down = server.GetStream().CopyToAsync(client.GetStream(), cut.Token);
                await Task.WhenAny(up, down);
                await cut.CancelAsync();
                client.LingerState = new LingerOption(true, 0);
                await Task.WhenAll(up, down);
            }
            catch (Exception exception) when (
                exception is OperationCanceledException or IOException or SocketException)
            {
                // A cut connection: what it is for.
            }
        }
    }

    private async Task UpAsync(NetworkStream from, NetworkStream to, CancellationToken ct)
    {
        byte[] buffer = new byte[64 * 1024];
        long passed = 0;
        int read;
        while ((read = await from.ReadAsync(buffer, ct)) > 0)
        {
            passed += read;
            Interlocked.Add(ref _upBytes, read);
            lock (_cuts)
            {
                if (_cuts.TryPeek(out long most) && passed > most)
                {
                    _ = _cuts.Dequeue();
                    return;
                }
            }

            await to.WriteAsync(buffer.AsMemory(0, read), ct);
        }
    }
}
