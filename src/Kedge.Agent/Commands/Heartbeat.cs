using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Kedge.Agent.Commands;

/// <summary>
/// Tells systemd that the agent is ready and alive (sd_notify(3)). Alive means that the loop took something since the
/// last
/// beat: one that hangs is killed and started again, and its workloads do not notice.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly AgentLoop _loop;
    private readonly ITimer? _timer;
    private long _turns = -1;

    internal Heartbeat(AgentLoop loop, TimeProvider time)
    {
        _loop = loop;
        bool isAsked = long.TryParse(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"),
            NumberStyles.None, CultureInfo.InvariantCulture, out long usec);
        if (isAsked && usec > 0)
        {
            TimeSpan period = TimeSpan.FromMicroseconds(usec / 3.0);
            _timer = time.CreateTimer(static box => ((Heartbeat)box!).Beat(), this, period, period);
        }
    }

    internal void Ready() => Notify("READY=1");

    internal void Stopping() => Notify("STOPPING=1");

    public void Dispose() => _timer?.Dispose();

    private void Beat()
    {
        long turns = _loop.Turns;
        if (turns != _turns)
        {
            Notify("WATCHDOG=1");
        }

        _turns = turns;
        _loop.Wake();
    }

    private static void Notify(string state)
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            string address = path[0] == '@' ? $"\0{path[1..]}" : path;
            _ = socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(address));
        }
        catch (SocketException)
        {
            // Nobody listens: then nobody waits for it either.
        }
    }
}
