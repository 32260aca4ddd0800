using System.Net;
using System.Net.Sockets;

namespace Kedge.Tests.Fleet;

/// <summary>What a line does to those who use it.</summary>
/// <param name="Delay">How long every piece is held back, each way.</param>
/// <param name="CutEvery">Every connection ends after so long, reset without a word; zero for never.</param>
/// <param name="StallEvery">So often nothing passes for <paramref name="StallFor"/>; zero for never.</param>
/// <param name="StallFor">How long.</param>
public sealed record LineFaults(TimeSpan Delay, TimeSpan CutEvery, TimeSpan StallEvery, TimeSpan StallFor)
{
    /// <summary>A line that does nothing.</summary>
    public static LineFaults None { get; } = new(default, default, default, default);
}

/// <summary>
/// Stands between devices and server on one port, counts what passes each way, and does to it what
/// <see cref="LineFaults"/> says. It understands nothing of what it carries.
/// </summary>
public sealed class WireProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _server;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Task _accepting;
    private long _down;
    private long _up;
    private int _connections;
    private int _cuts;

    /// <summary>Listens on one address and carries to another.</summary>
    public WireProxy(IPEndPoint listen, IPEndPoint server)
    {
        _server = server;
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(listen);
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Bytes that went to devices.</summary>
    public long Down => Interlocked.Read(ref _down);

    /// <summary>Bytes that came from devices.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Connections that were made.</summary>
    public int Connections => _connections;

    /// <summary>Connections that it cut.</summary>
    public int Cuts => _cuts;

    /// <summary>What the line does from now on.</summary>
    public LineFaults Faults { get; set; } = LineFaults.None;

    /// <summary>False: nobody is let through, and who is through is cut.</summary>
    public bool IsUp { get; set; } = true;

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
                _ = Interlocked.Increment(ref _connections);
                carrying.Add(CarryAsync(near));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(carrying);
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using Socket far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using (near)
        {
            near.NoDelay = true;
            try
            {
                if (!IsUp)
                {
                    near.LingerState = new LingerOption(true, 0);
                    return;
                }

                await far.ConnectAsync(_server, end.Token);
                Task cut = CutAsync(end.Token);
                Task first = await Task.WhenAny(
                    PassAsync(near, far, isDown: false, end.Token), PassAsync(far, near, isDown: true, end.Token), cut);
                if (first == cut && !_stop.IsCancellationRequested)
                {
                    // A reset: neither side hears that the other has ended.
                    _ = Interlocked.Increment(ref _cuts);
                    near.LingerState = new LingerOption(true, 0);
                    far.LingerState = new LingerOption(true, 0);
                }

                await end.CancelAsync();
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // However it ended, it is over.
            }
        }
    }

    private async Task CutAsync(CancellationToken cancel)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (IsUp && (Faults.CutEvery == default || TimeProvider.System.GetElapsedTime(start) < Faults.CutEvery))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isDown, CancellationToken cancel)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, cancel)) > 0)
            {
                await HoldAsync(cancel);
                _ = isDown ? Interlocked.Add(ref _down, count) : Interlocked.Add(ref _up, count);
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancel);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is over.
        }
    }

    private async Task HoldAsync(CancellationToken cancel)
    {
        LineFaults faults = Faults;
        if (faults.Delay > default(TimeSpan))
        {
            await Task.Delay(faults.Delay, cancel);
        }

        if (faults.StallEvery > default(TimeSpan))
        {
            TimeSpan phase = TimeSpan.FromTicks(
                TimeProvider.System.GetElapsedTime(_start).Ticks % faults.StallEvery.Ticks);
            if (phase < faults.StallFor)
            {
                await Task.Delay(faults.StallFor - phase, cancel);
            }
        }
    }
}
