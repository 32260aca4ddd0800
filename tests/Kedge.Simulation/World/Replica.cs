using Kedge.ControlPlane.Link;
using Kedge.ControlPlane.Loops;
using Kedge.Core;
using Kedge.Simulation.Time;
using Kedge.Store.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kedge.Simulation.World;

/// <summary>
/// One control-plane process: the production loops and link over the shared store, driven by virtual time.
/// </summary>
internal sealed class Replica
{
    private readonly SimScheduler _scheduler;
    private readonly MemoryStore _store;
    private readonly Wakeups _wakeups = new();
    private readonly DeviceSessions _sessions = new();
    private readonly PlanLoop _plan;
    private readonly SendLoop _send;
    private readonly FloorLoop _floor;
    private readonly PresenceSweep _presence;
    private readonly Rng _rng;
    private long _seen = -1;
    private bool _pumping;

    public Replica(string name, SimScheduler scheduler, MemoryStore store, TimeProvider time, Rng rng)
    {
        _scheduler = scheduler;
        _store = store;
        _rng = rng;
        TenantId tenant = TenantId.Default;
        Link = new DeviceLink(
            store, new LinkOptions(tenant, name, null!), _sessions, _wakeups, time, NullLogger.Instance);
        _plan = new PlanLoop(store, tenant, SimContent.Desired, _wakeups, time, NullLogger.Instance);
        _send = new SendLoop(store, tenant, _sessions, _wakeups);
        _floor = new FloorLoop(store, tenant, _wakeups, NullLogger.Instance);
        _presence = new PresenceSweep(store, tenant, _sessions, time);
        Period();
    }

    public DeviceLink Link { get; }

    public bool IsUp { get; private set; } = true;

    public void Die()
    {
        IsUp = false;
        _plan.Dispose();
    }

    /// <summary>Runs what was woken, a moment later.</summary>
    public void PumpSoon()
    {
        if (_pumping || !IsUp)
        {
            return;
        }

        long revision = Done(_store.RevisionAsync(CancellationToken.None));
        bool woken = _wakeups.Plan.IsSet || _wakeups.Send.IsSet || _wakeups.Floor.IsSet || _wakeups.Presence.IsSet
            || _wakeups.Figures.IsSet;
        if (woken || revision != _seen)
        {
            _pumping = true;
            _scheduler.After(TimeSpan.FromMilliseconds(_rng.Below(20)), () =>
            {
                _pumping = false;
                RunLoops(all: revision != _seen);
                _seen = revision;
            });
        }
    }

    private void Period() => _scheduler.After(TimeSpan.FromSeconds(5 + _rng.Below(5)), () =>
    {
        if (IsUp)
        {
            RunLoops(all: true);
            Period();
        }
    });

    private void RunLoops(bool all)
    {
        if (!IsUp)
        {
            return;
        }

        Run(_wakeups.Presence, _presence.RunOnceAsync, all);
        Run(_wakeups.Figures, Link.Figures.FlushAsync, all);
        Run(_wakeups.Floor, _floor.RunOnceAsync, all);
        Run(_wakeups.Plan, _plan.RunOnceAsync, all);
        Run(_wakeups.Send, _send.RunOnceAsync, all);
    }

    private static void Run(Wakeup wakeup, Func<CancellationToken, ValueTask> runOnce, bool all)
    {
        if (wakeup.IsSet || all)
        {
            wakeup.Reset();
            ValueTask run = runOnce(CancellationToken.None);
            Check.That(run.IsCompleted);
            run.GetAwaiter().GetResult();
        }
    }

    private static T Done<T>(ValueTask<T> task)
    {
        Check.That(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
