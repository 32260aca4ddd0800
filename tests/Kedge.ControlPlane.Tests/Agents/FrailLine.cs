using System.Net;
using System.Net.Sockets;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>
/// A line between devices and a server on another address of this machine, at the same port: it ends after so many
/// bytes on their way to the device. It understands nothing of what it carries.
/// </summary>
internal sealed class FrailLine : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly IPAddress _server;
    private readonly Task _accepting;
    private TaskCompletionSource? _down;
    private long _untilDown = long.MaxValue;

    public FrailLine(IPAddress server)
    {
        _server = server;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Each connection ends after so many bytes to the device.</summary>
    public long ConnectionBytesMax { get; set; } = long.MaxValue;

    /// <summary>Connections that ended so.</summary>
    public int Cuts { get; private set; }

    /// <summary>
    /// Done once so many more bytes went to devices: from then on nothing passes until <see cref="Up"/>.
    /// </summary>
    public Task DownAfterAsync(long bytes)
    {
        lock (_lock)
        {
            _down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _untilDown = bytes;
            return _down.Task;
        }
    }

    public void Up()
    {
        lock (_lock)
        {
            _untilDown = long.MaxValue;
        }
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

    private async Task CarryAsync(Socket device)
    {
        using Socket near = device;
        using Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Admit(1, 1) == 0)
            {
                return;
            }

            await far.ConnectAsync(_server, Port, _stop.Token);
            await using NetworkStream a = new(near);
            await using NetworkStream b = new(far);
            Task up = a.CopyToAsync(b, _stop.Token);
            await Task.WhenAny(DownAsync(b, a), up);
            near.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // However it ended, it is over.
        }
    }

    private async Task DownAsync(NetworkStream server, NetworkStream device)
    {
        byte[] buffer = new byte[16 * 1024];
        long left = ConnectionBytesMax;
        while (await server.ReadAsync(buffer, _stop.Token) is > 0 and int read)
        {
            int admitted = Admit(read, left);
            await device.WriteAsync(buffer.AsMemory(0, admitted), _stop.Token);
            left -= admitted;
            if (admitted < read)
            {
                return;
            }
        }
    }

    /// <summary>How many of so many bytes pass.</summary>
    private int Admit(int bytes, long left)
    {
        lock (_lock)
        {
            int admitted = (int)Math.Min(bytes, Math.Min(left, _untilDown));
            Cuts += admitted < bytes ? 1 : 0;
            _untilDown -= _untilDown == long.MaxValue ? 0 : admitted;
            if (_untilDown == 0)
            {
                _ = _down?.TrySetResult();
            }

            return admitted;
        }
    }
}
