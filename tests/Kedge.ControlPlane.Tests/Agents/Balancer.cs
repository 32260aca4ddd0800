using System.Net;
using System.Net.Sockets;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>
/// What stands before several servers: one address whose connections go to the first of some others that accepts,
/// beginning with another one each time. It understands nothing of what it carries.
/// </summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPAddress[] _backends;
    private readonly Task _accepting;
    private int _turn;

    public Balancer(params IPAddress[] backends)
    {
        _backends = backends;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Its port, and that of the servers behind it.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

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
                Socket near = await _listener.AcceptAsync(_stop.Token);
                carrying.Add(CarryAsync(near, _turn++));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(carrying);
        }
    }

    private async Task CarryAsync(Socket near, int turn)
    {
        using Socket closing = near;
        using Socket? far = await DialAsync(turn);
        if (far is null)
        {
            return;
        }

        await using NetworkStream a = new(near);
        await using NetworkStream b = new(far);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task[] ways = [a.CopyToAsync(b, either.Token), b.CopyToAsync(a, either.Token)];
        await Task.WhenAny(ways);
        await either.CancelAsync();
        await Task.WhenAll(ways).ContinueWith(static _ => { }, TaskScheduler.Default); // however it ended, it is over
    }

    private async Task<Socket?> DialAsync(int turn)
    {
        for (int i = 0; i < _backends.Length; i++)
        {
            Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(_backends[(turn + i) % _backends.Length], Port, _stop.Token);
                return far;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                far.Dispose();
            }
        }

        return null;
    }
}
