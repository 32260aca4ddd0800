using Kedge.Inference.Control;
using Kedge.Native;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer.Control;

/// <summary>What goes back over the control socket. Whoever sends it closes the descriptor afterwards.</summary>
/// <param name="Reply">The line.</param>
/// <param name="Attach">A descriptor to send along.</param>
internal sealed record ControlAnswer(ControlReply Reply, FileDescriptor? Attach);

/// <summary>The listening end of the control socket, for one thread: accepts, reads lines, sends answers.</summary>
internal sealed class ControlSocket : IDisposable
{
    private readonly FileDescriptor _listener;
    private readonly List<LineChannel> _channels = [];
    private readonly ILogger _log;

    internal ControlSocket(string path, ILogger log)
    {
        _log = log;
        _listener = ListeningSocket.OpenUnix(
            path, ServeLimits.ControlConnectionsMax, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ListeningSocket.SetNonBlocking(_listener);
    }

    /// <summary>
    /// Waits until something comes, a signal is set or the time is over, and answers one line at most.
    /// </summary>
    internal void WaitAndAnswer(WakeSignal wake, TimeSpan? timeout, Func<ReceivedLine, ControlAnswer> answer)
    {
        FileDescriptor[] sources = [wake.Descriptor, .. _channels.Select(static c => c.Socket), _listener];
        bool full = _channels.Count == ServeLimits.ControlConnectionsMax;
        int ready = Polling.WaitReadable(full ? sources.AsSpan(0, sources.Length - 1) : sources, timeout);
        if (ready == 0)
        {
            wake.Clear();
        }
        else if (ready == sources.Length - 1)
        {
            Accept(wake);
        }
        else if (ready > 0)
        {
            Serve(_channels[ready - 1], answer);
        }
    }

    public void Dispose()
    {
        _channels.ForEach(static channel => channel.Dispose());
        _listener.Dispose();
    }

    private void Accept(WakeSignal wake)
    {
        try
        {
            FileDescriptor? connection = ListeningSocket.TryAccept(_listener, nonBlocking: false);
            if (connection is not null)
            {
                _channels.Add(new LineChannel(connection));
            }
        }
        catch (NativeException failure)
        {
            // Out of descriptors, most likely: serving goes on, and whoever wants us tries again.
            ServeLog.AcceptFailed(_log, failure.Message);
            Polling.WaitReadable(wake.Descriptor, ServeLimits.AcceptPauseTime);
        }
    }

    private void Serve(LineChannel channel, Func<ReceivedLine, ControlAnswer> answer)
    {
        try
        {
            ReceivedLine? line = channel.Receive(ServeLimits.ControlLineTime);
            if (line is not null)
            {
                Reply(channel, line, answer);
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            ServeLog.ControlBroken(_log, failure.Message);
        }

        _channels.Remove(channel);
        channel.Dispose();
    }

    private static void Reply(LineChannel channel, ReceivedLine line, Func<ReceivedLine, ControlAnswer> answer)
    {
        // A descriptor that came is closed here; whoever keeps it has made a copy.
        using FileDescriptor? attached = line.Attached;
        ControlAnswer done = answer(line);
        using FileDescriptor? attach = done.Attach;
        channel.Send(done.Reply.ToLine(), attach);
    }
}
