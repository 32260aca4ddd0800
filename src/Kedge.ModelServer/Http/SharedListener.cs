using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Kedge.Native;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Accepts connections for Kestrel from a listening socket that comes later, may be shared with other processes, and is
/// never shut down: it is polled and accepted from by native calls on a thread of its own. Accepting can be paused and
/// resumed; once <see cref="Pause"/> has returned, no connection is taken any more. The socket can be given up for
/// another one to come. When there are as many connections as may be and more wait, the one that has idled longest is
/// closed: whoever only keeps connections open cannot keep others out.
/// </summary>
internal sealed class SharedListener : IConnectionListener
{
    private readonly Lock _gate = new();
    private readonly WakeSignal _wake = new();
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
    private readonly ILogger _log;
    private readonly int _connectionsMax;
    private readonly HashSet<SocketConnection> _connections = [];
    private readonly ManualResetEventSlim _released = new(initialState: true);
    private FileDescriptor? _listener;
    private FileDescriptor? _given;
    private bool _isRunning;
    private bool _accepting;
    private bool _ended;
    private int _open;

    internal SharedListener(EndPoint endPoint, int connectionsMax, ILogger log)
    {
        EndPoint = endPoint;
        _connectionsMax = connectionsMax;
        _log = log;
        ReadingThread.StartAll();
    }

    /// <summary>Raised after a connection has ended, on any thread.</summary>
    internal event Action? ConnectionEnded;

    public EndPoint EndPoint { get; }

    /// <summary>Connections that were accepted and have not ended.</summary>
    internal int OpenConnections => Volatile.Read(ref _open);

    /// <summary>Takes a listening socket and accepts from it; false when there is one already.</summary>
    internal bool TryAttach(FileDescriptor listener)
    {
        lock (_gate)
        {
            if (_listener is not null || _ended)
            {
                return false;
            }

            ListeningSocket.SetNonBlocking(listener);
            _listener = listener;
            _accepting = true;
            if (_isRunning)
            {
                _wake.Set();
                return true;
            }

            _isRunning = true;
        }

        new Thread(AcceptLoop, maxStackSize: 256 * 1024) { IsBackground = true, Name = "accept" }.Start();
        return true;
    }

    /// <summary>A copy of the listening socket for somebody else; null when there is none.</summary>
    internal FileDescriptor? CopyListener()
    {
        lock (_gate)
        {
            return _listener?.Duplicate();
        }
    }

    /// <summary>Accepts no more.</summary>
    internal void Pause() => SetAccepting(false);

    /// <summary>Accepts again.</summary>
    internal void Resume() => SetAccepting(true);

    /// <summary>Lets go of the socket: somebody may bring another.</summary>
    internal void Detach()
    {
        lock (_gate)
        {
            if (_listener is null)
            {
                return;
            }

            // The thread that accepts may be polling it: it is the one that closes it.
            (_given, _listener, _accepting) = (_listener, null, false);
            _released.Reset();
        }

        _wake.Set();
        Kedge.Core.Check.That(_released.Wait(ServeLimits.ListenerReleaseTime));
    }

    /// <summary>Cuts every open connection.</summary>
    internal void Abort()
    {
        ConnectionContext[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        foreach (ConnectionContext connection in open)
        {
            connection.Abort();
        }
    }

    /// <summary>Counts a connection as ended.</summary>
    internal void CountEnded(ConnectionContext connection)
    {
        lock (_gate)
        {
            _ = connection is SocketConnection own && _connections.Remove(own);
        }

        if (Interlocked.Decrement(ref _open) == _connectionsMax - 1)
        {
            _wake.Set();
        }

        ConnectionEnded?.Invoke();
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out ConnectionContext? connection))
            {
                return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _ended = true;
            _accepting = false;
        }

        _wake.Set();
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _listener?.Dispose();
            _given?.Dispose();
            (_listener, _given) = (null, null);
        }

        _released.Dispose();
    }

    private void SetAccepting(bool accepting)
    {
        lock (_gate)
        {
            _accepting = accepting && !_ended;
        }

        _wake.Set();
    }

    private void AcceptLoop()
    {
        while (true)
        {
            FileDescriptor? listener;
            bool isFull;
            lock (_gate)
            {
                if (_ended)
                {
                    return;
                }

                listener = _accepting ? _listener : null;
                isFull = _open >= _connectionsMax;
                _given?.Dispose();
                _given = null;
                _released.Set();
            }

            if (listener is null)
            {
                Polling.WaitReadable(_wake.Descriptor, null);
            }
            else if (Polling.WaitReadable([_wake.Descriptor, listener], null) == 1 && isFull)
            {
                CutIdle();
                Polling.WaitReadable(_wake.Descriptor, ServeLimits.CutPauseTime);
            }

            _wake.Clear();
            AcceptSome();
        }
    }

    /// <summary>Closes the connection that has idled longest, where one has idled long enough.</summary>
    private void CutIdle()
    {
        SocketConnection? longest = null;
        lock (_gate)
        {
            long longestMs = (long)ServeLimits.IdleBeforeCutTime.TotalMilliseconds - 1;
            foreach (SocketConnection connection in _connections)
            {
                long idleMs = connection.IdleMs;
                if (idleMs > longestMs)
                {
                    (longest, longestMs) = (connection, idleMs);
                }
            }
        }

        longest?.Abort(new ConnectionAbortedException("It idled, and others wait."));
    }

    private void AcceptSome()
    {
        try
        {
            lock (_gate)
            {
                for (int i = 0; i < ServeLimits.AcceptsAtOnce && _accepting && _open < _connectionsMax; i++)
                {
                    FileDescriptor? accepted = _listener is null ? null : ListeningSocket.TryAccept(_listener);
                    if (accepted is null)
                    {
                        return;
                    }

                    Hand(accepted);
                }
            }
        }
        catch (IOException failure)
        {
            ServeLog.AcceptFailed(_log, failure.Message);
            Polling.WaitReadable(_wake.Descriptor, ServeLimits.AcceptPauseTime);
        }
    }

    private void Hand(FileDescriptor accepted)
    {
        Socket socket = new(new SafeSocketHandle(accepted.Release(), ownsHandle: true));
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
        }

        SocketConnection connection = new SocketConnection(socket).Started();
        Interlocked.Increment(ref _open);
        _ = _connections.Add(connection);
        _accepted.Writer.TryWrite(connection);
    }
}
