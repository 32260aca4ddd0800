using System.Collections.Immutable;
using Kedge.ControlPlane.Auth;
using Kedge.Core;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// The devices that are connected to this server. The store knows who is connected to the fleet; this table knows how
/// to
/// reach those that are connected here. One lock around small dictionary steps; nothing waits under it.
/// </summary>
public sealed class DeviceSessions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceIdentity, DeviceSession> _open = [];
    private readonly HashSet<DeviceIdentity> _toSend = [];
    private readonly List<DeviceSession> _ended = [];

    /// <summary>Devices connected here.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>
    /// Puts a session in. An older one of the same device is taken out and returned, for its connection to be closed.
    /// </summary>
    public DeviceSession? Open(DeviceSession session)
    {
        lock (_lock)
        {
            DeviceSession? before = _open.GetValueOrDefault(session.Identity);
            if (before is not null && before.Epoch > session.Epoch)
            {
                // The store counted a newer connection already: this one lost the race.
                return session;
            }

            _open[session.Identity] = session;
            return before;
        }
    }

    /// <summary>Takes a session out when its connection has ended; it waits to be recorded as closed.</summary>
    public void Ended(DeviceSession session)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(session.Identity) == session)
            {
                _open.Remove(session.Identity);
                _toSend.Remove(session.Identity);
            }

            _ended.Add(session);
        }
    }

    /// <summary>The session of one device; null when it is not connected here.</summary>
    public DeviceSession? Find(DeviceIdentity device)
    {
        lock (_lock)
        {
            return _open.GetValueOrDefault(device);
        }
    }

    /// <summary>The device subscribed to its desired state: it gets the row, whatever was sent before.</summary>
    public void Subscribe(DeviceSession session, bool subscribed)
    {
        lock (_lock)
        {
            session.Subscribed = subscribed;
            session.Sent = Generation.None;
            if (subscribed && _open.GetValueOrDefault(session.Identity) == session)
            {
                _toSend.Add(session.Identity);
            }
        }
    }

    /// <summary>The row of a device has changed: send when it is connected here.</summary>
    public void MarkChanged(DeviceIdentity device)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(device, out DeviceSession? session) && session.Subscribed)
            {
                _toSend.Add(device);
            }
        }
    }

    /// <summary>
    /// Sessions whose row may be newer than what was sent; they stay so until <see cref="NoteSent"/>.
    /// </summary>
    public ImmutableArray<DeviceSession> ToSend(int max)
    {
        lock (_lock)
        {
            return [.. _toSend.Order(ByDevice).Take(max).Select(id => _open[id])];
        }
    }

    /// <summary>A generation is on its way, or there is nothing to send.</summary>
    public void NoteSent(DeviceSession session, Generation generation)
    {
        lock (_lock)
        {
            session.Sent = generation;
            if (_open.GetValueOrDefault(session.Identity) == session)
            {
                _toSend.Remove(session.Identity);
            }
        }
    }

    /// <summary>The device did not take it: send the row again.</summary>
    public void NoteNotTaken(DeviceSession session, Generation generation)
    {
        lock (_lock)
        {
            if (session.Sent == generation && _open.GetValueOrDefault(session.Identity) == session)
            {
                session.Sent = Generation.None;
                _toSend.Add(session.Identity);
            }
        }
    }

    /// <summary>Sessions that ended and are not recorded yet; the caller records them or gives them back.</summary>
    public ImmutableArray<DeviceSession> TakeEnded()
    {
        lock (_lock)
        {
            ImmutableArray<DeviceSession> ended = [.. _ended];
            _ended.Clear();
            return ended;
        }
    }

    /// <summary>Ended sessions that could not be recorded.</summary>
    public void GiveBack(IEnumerable<DeviceSession> ended)
    {
        lock (_lock)
        {
            _ended.AddRange(ended);
        }
    }

    /// <summary>All sessions, in order of the devices' names.</summary>
    public ImmutableArray<DeviceSession> All()
    {
        lock (_lock)
        {
            return [.. _open.Values.OrderBy(s => s.Identity, ByDevice)];
        }
    }

    /// <summary>A fixed order, so that a simulation replays.</summary>
    private static readonly Comparer<DeviceIdentity> ByDevice =
        Comparer<DeviceIdentity>.Create((a, b) => a.Device.CompareTo(b.Device));
}
