using System.Net.Sockets;
using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Native;

namespace Kedge.ModelServer.Shadow;

/// <summary>
/// Begins and ends the one comparison that a process may have under way. Called by one thread, that of the control
/// socket.
/// </summary>
/// <param name="context">Where requests find the tap.</param>
internal sealed class ShadowControl(ServeContext context) : IDisposable
{
    private const int IdCharsMax = 128;
    private const int Million = 1_000_000;

    /// <summary>
    /// Begins, connects again, or only says what was compared. A comparison for somebody else ends with the first
    /// connection for this one.
    /// </summary>
    /// <returns>What was compared; null with what is wrong.</returns>
    internal ControlShadow? Take(ControlRequest request, FileDescriptor? connection, out Finding? fault)
    {
        fault = null;
        if (request.Shadow is not { Length: > 0 and <= IdCharsMax } id
            || request.SharePpm is < 1 or > Million || request.TolerancePpm is < 0 or > Million)
        {
            fault = ServeErrors.ShadowInvalid.At("The figures are out of their bounds.");
            return null;
        }

        ShadowTap? tap = context.Shadow is { HasEnded: false } current && current.Id == id ? current : null;
        if (connection is null)
        {
            return tap?.Read() ?? new ControlShadow { Id = id };
        }

        if (!IsConnected(connection))
        {
            fault = ServeErrors.ShadowInvalid.At("What came with the line is no connected Unix socket.");
            return null;
        }

        if (tap is null)
        {
            End("another one begins");
            tap = new ShadowTap(id, request.SharePpm, request.TolerancePpm, context.Time, () => LeaseOver(id));
            context.Shadow = tap;
            ServeLog.ShadowBegins(context.Log, id, request.SharePpm);
        }

        tap.Connect(StreamOf(connection.Duplicate()));
        return tap.Read();
    }

    /// <summary>Ends the comparison for somebody; one for somebody else goes on.</summary>
    internal void End(ControlRequest request)
    {
        if (context.Shadow is { } tap && tap.Id == request.Shadow)
        {
            End("asked for");
        }
    }

    /// <summary>Ends the comparison, if there is one.</summary>
    internal void End(string reason)
    {
        if (context.Shadow is { } tap)
        {
            ControlShadow counts = tap.Read();
            context.Shadow = null;
            tap.Dispose();
            ServeLog.ShadowEnds(context.Log, tap.Id, reason, counts.Agreed, counts.Compared, counts.Dropped);
        }
    }

    public void Dispose() => context.Shadow?.Dispose();

    /// <summary>On a thread of the timer: the tap copies nothing any more, whoever still sees it.</summary>
    private void LeaseOver(string id)
    {
        if (context.Shadow is { } tap && tap.Id == id)
        {
            tap.Dispose();
            ServeLog.ShadowOrphaned(context.Log, id);
        }
    }

    private static bool IsConnected(FileDescriptor socket)
    {
        try
        {
            return !ListeningSocket.IsListening(socket) && ListeningSocket.Peer(socket).UserId >= 0;
        }
        catch (NativeException)
        {
            return false;
        }
    }

    private static NetworkStream StreamOf(FileDescriptor connection) => new(
        new Socket(new SafeSocketHandle(connection.Release(), ownsHandle: true)), ownsSocket: true);
}
