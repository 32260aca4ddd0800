using System.Net.Security;
using System.Net.Sockets;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// Answers other devices of the site over mutual TLS. Problem: a device that gives content is a server on a network
/// that nobody watches, on a machine with little memory. Approach: a fixed number of connections, few of them from one
/// device; one more waits until another ends or, without a request, gives way; every read and write has a deadline;
/// only devices that the roster names with their key are answered. It opens its port in
/// <see cref="Start"/> and is not made at all where no neighbours are configured.
/// </summary>
/// <param name="config">Where it listens.</param>
/// <param name="tls">Accepts connections.</param>
/// <param name="roster">Who is answered.</param>
/// <param name="answers">What is answered.</param>
/// <param name="time">Deadlines.</param>
/// <param name="log">Where to say what went wrong.</param>
internal sealed class NeighbourServer(
    NeighbourConfig config, PeerTls tls, RosterKeeper roster, NeighbourAnswers answers, TimeProvider time,
    AgentLog? log) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(PeerLimits.ConnectionsMax);
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _open = [];
    private readonly HashSet<PeerConnection> _asking = [];
    private readonly Dictionary<DeviceId, int> _byDevice = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Opens the port; throws <see cref="KedgeException"/> when it cannot.</summary>
    internal void Start()
    {
        try
        {
            _listener = new Socket(config.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(config.EndPoint);
            _listener.Listen(PeerLimits.ConnectionsMax);
        }
        catch (SocketException e)
        {
            _listener?.Dispose();
            throw new KedgeException(NeighbourErrors.NotListening, $"{config.Listen}: {e.Message}", e);
        }

        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] open;
        lock (_lock)
        {
            open = [.. _open];
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        _stop.Dispose();
        _free.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await TakeAsync(await listener.AcceptAsync(_stop.Token).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                // One connection that ended while it was accepted, or no descriptor is free just now.
                log?.Warn("neighbour-not-accepted", ("message", e.Message));
                await Task.Delay(PeerLimits.DialDeadline, time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async ValueTask TakeAsync(Socket socket)
    {
        try
        {
            while (!await _free.WaitAsync(PeerLimits.YieldAfter, _stop.Token).ConfigureAwait(false))
            {
                YieldOne();
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        Task serving = Task.Run(() => ServeAsync(socket), CancellationToken.None);
        lock (_lock)
        {
            _ = _open.Add(serving);
        }

        _ = serving.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Ends the connection that has been without a request for longest, where there is one.</summary>
    private void YieldOne()
    {
        lock (_lock)
        {
            _asking.Where(static c => c.Idle >= PeerLimits.YieldAfter).MaxBy(static c => c.Idle)?.Yield();
        }
    }

    private void Ended(Task serving)
    {
        lock (_lock)
        {
            _ = _open.Remove(serving);
            if (!_stop.IsCancellationRequested)
            {
                _ = _free.Release();
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        try
        {
            (SslStream stream, Peer peer) = await ShakeAsync(socket).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                using PeerConnection connection = new(stream, time);
                if (TryBegin(peer, connection))
                {
                    await ServeAsync(peer, connection).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Whoever asked is gone, too slow, or nobody to answer.
        }
    }

    private async ValueTask ServeAsync(Peer peer, PeerConnection connection)
    {
        try
        {
            bool isNeighbour = await roster.KnowsAsync(peer, _stop.Token).ConfigureAwait(false);
            bool isOpen = true;
            while (isOpen && await connection.ReadAsync(_stop.Token).ConfigureAwait(false) is { } asked)
            {
                isOpen = isNeighbour
                    ? await answers.AnswerAsync(connection, asked.What, _stop.Token).ConfigureAwait(false)
                    : await answers.RefuseAsync(connection, peer, _stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            End(peer, connection);
        }
    }

    private async ValueTask<(SslStream Stream, Peer Peer)> ShakeAsync(Socket socket)
    {
        using CancellationTokenSource deadline = new(PeerLimits.HeadDeadline, time);
        using CancellationTokenSource both =
            CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        return await tls.AnswerAsync(socket, both.Token).ConfigureAwait(false);
    }

    private bool TryBegin(Peer peer, PeerConnection connection)
    {
        lock (_lock)
        {
            int open = _byDevice.GetValueOrDefault(peer.Device);
            if (open >= PeerLimits.ConnectionsPerDeviceMax)
            {
                return false;
            }

            _byDevice[peer.Device] = open + 1;
            return _asking.Add(connection);
        }
    }

    private void End(Peer peer, PeerConnection connection)
    {
        lock (_lock)
        {
            _ = _asking.Remove(connection);
            if (--_byDevice[peer.Device] == 0)
            {
                _ = _byDevice.Remove(peer.Device);
            }
        }
    }
}
