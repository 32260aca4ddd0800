using System.Collections.Immutable;
using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Simulation.Time;

namespace Kedge.Simulation.World;

/// <summary>
/// The network between devices and replicas: delay, loss, duplication, reordering, partition, half-open connections.
/// </summary>
internal sealed class SimNetwork(
    SimScheduler scheduler, Rng rng, Func<Faults> faults, Func<IReadOnlyList<Replica>> replicas)
{
    private static readonly Problem Away = new("KEDGE-SIM-001", "no network");
    private readonly List<SimConnection> _connections = [];
    private readonly HashSet<SimDevice> _partitioned = [];

    public SimScheduler Scheduler => scheduler;

    public IReadOnlyList<SimConnection> Connections => _connections;

    public TimeSpan Latency()
    {
        int ms = 1 + rng.Below(40);
        return TimeSpan.FromMilliseconds(Happens(faults().SlowNetwork) ? ms * (1 + rng.Below(200)) : ms);
    }

    /// <summary>How long something is held up beside others that pass it; mostly not at all.</summary>
    public TimeSpan Lateness() =>
        Happens(faults().Reorders) ? TimeSpan.FromMilliseconds(rng.Below(60_000)) : TimeSpan.Zero;

    public TimeSpan NoticeDelay() => TimeSpan.FromMilliseconds(1 + rng.Below(3000));

    public bool Duplicates() => Happens(faults().Duplicates);

    public bool IsPartitioned(SimDevice device) => _partitioned.Contains(device);

    public void MaybeBreak(SimConnection connection)
    {
        if (Happens(faults().LinkBreaks))
        {
            Break(connection);
        }
    }

    public void Break(SimConnection connection)
    {
        // Half-open: one end believes in it until its keep-alive says otherwise.
        TimeSpan keepAlive = Limits.LinkKeepAlive * 1.5;
        bool halfOpen = Happens(faults().HalfOpen);
        bool deviceFirst = rng.Below(2) == 0;
        connection.Break(
            halfOpen && !deviceFirst ? keepAlive : NoticeDelay(), halfOpen && deviceFirst ? keepAlive : NoticeDelay());
    }

    public void Partition(SimDevice device, TimeSpan length)
    {
        _partitioned.Add(device);
        foreach (SimConnection connection in _connections.Where(c => c.Device == device).ToArray())
        {
            Break(connection);
        }

        scheduler.After(length, () => _partitioned.Remove(device));
    }

    public void ReplicaDied(Replica replica)
    {
        foreach (SimConnection connection in _connections.Where(c => c.Replica == replica))
        {
            connection.ReplicaDied();
        }

        _connections.RemoveAll(c => c.Replica == replica);
    }

    /// <summary>A replica that a device can reach now; null when there is none.</summary>
    public Replica? Reach(SimDevice device)
    {
        Replica[] up = [.. replicas().Where(r => r.IsUp)];
        return IsPartitioned(device) || up.Length == 0 ? null : up[rng.Below(up.Length)];
    }

    public void Connect(
        SimDevice device, ImmutableArray<string> topics, Action<LinkDelivery> receiver, Action<LinkOutcome> then) =>
        scheduler.After(Latency(), () =>
        {
            if (Reach(device) is not Replica replica)
            {
                scheduler.After(NoticeDelay(), () => then(new LinkOutcome.Unreachable(Away)));
                return;
            }

            SimConnection connection = new(this, device, replica, receiver);
            ValueTask<LinkAdmission> admission = replica.Link.AdmitAsync(
                new DeviceIdentity(TenantId.Default, device.Id),
                device.Key, "serial", connection, CancellationToken.None);
            Check.That(admission.IsCompletedSuccessfully);
            if (admission.Result is not LinkAdmission.Admitted admitted)
            {
                scheduler.After(Latency(), () => then(new LinkOutcome.Refused(Away)));
                return;
            }

            connection.Session = admitted.Session;
            _connections.Add(connection);
            Check.That(topics.All(t => replica.Link.Subscribe(admitted.Session, t)));
            scheduler.After(Latency(), () => then(new LinkOutcome.Connected(connection)));
        });

    public bool Happens(double chance) => chance > 0 && rng.Fraction() < chance;
}
