using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// Runs the device machine: event in, step, save, effects. It decides nothing. The state is saved before an effect
/// runs;
/// where the disk refuses, what runs is still supervised, but no newer desired state is accepted until it can be saved.
/// Lives on the loop.
/// </summary>
internal sealed class WorkloadDriver
{
    private readonly LoopParts _parts;
    private readonly Ledger _ledger;
    private readonly Spool _spool;
    private readonly ContentStore _store;
    private readonly ReleaseFetcher _fetcher;
    private readonly IProcessSupervisor _supervisor;
    private readonly HoldsDesk _holds;
    private readonly Reporter _reporter;
    private readonly ScrubDesk _scrub;
    private readonly Queue<WorkloadSpec> _toFetch = new();
    private readonly Queue<WorkloadSpec> _toRepair = new();
    private readonly Dictionary<DeploymentId, PreparedRelease> _prepared = [];
    private readonly CancellationToken _cancel;
    private TimeSpan? _due;
    private TimeSpan? _memoryDue;
    private int _verifying;
    private bool _isFetching;
    private bool _isDirty;

    internal WorkloadDriver(
        LoopParts parts, (Ledger Ledger, Spool Spool, ContentStore Store) disk, ReleaseFetcher fetcher,
        IProcessSupervisor supervisor, (Reporter Reporter, HoldsDesk Holds, CancellationToken Cancel) rest)
    {
        _parts = parts;
        (_ledger, _spool, _store) = disk;
        _fetcher = fetcher;
        _supervisor = supervisor;
        (_reporter, _holds, _cancel) = rest;
        State = _ledger.Record.Device;
        _store.Shelf.Name(Named());
        _scrub = new ScrubDesk(parts, fetcher, _toRepair.Enqueue);
        Shadows = new ShadowDesk(parts, supervisor, _reporter, e => _ = Step(e));
    }

    /// <summary>Comparisons that are under way.</summary>
    internal ShadowDesk Shadows { get; }

    /// <summary>The machine's state.</summary>
    internal DeviceState State { get; private set; }

    /// <summary>When there is something to look at again; null for never.</summary>
    internal TimeSpan? Due => Earlier(
        Earlier(Earlier(_due, _holds.Due), Earlier(Shadows.Due, _memoryDue)), _scrub.Due);

    /// <summary>Why the newest state is not durable; null when it is.</summary>
    internal Finding? Unsaved { get; private set; }

    /// <summary>Takes the first event; effects follow.</summary>
    internal void Start(ImmutableArray<InstanceId> alive, string runtime)
    {
        foreach (InstanceId instance in alive)
        {
            _reporter.Event(new EventMessage
            {
                Reason = "InstanceAdopted",
                Workload = instance.Workload.ToString(),
                Message = $"{instance} outlived the agent and goes on",
            });
        }

        // What was read may have been written just before a kill and not be on the disk yet: nothing is told of it
        // before it is.
        _isDirty = true;
        _ = SaveAgain();
        _ = Step(new DeviceEvent.AgentStarted(alive, runtime) { Holds = _holds.Look(State) });
    }

    /// <summary>Takes a verified desired state. Null when it holds now, else why not.</summary>
    internal Finding? Accept(DesiredState state, Digest content)
    {
        if (Unsaved is not null && !SaveAgain())
        {
            return Unsaved;
        }

        _parts.Clock.RaiseFloor(state.IssuedAtMs);
        GenerationVerdict verdict = Step(new DeviceEvent.DesiredArrived(state, content));
        return verdict == GenerationVerdict.Conflict
            ? WireErrors.Conflict.At($"generation {state.Generation} is held with other content")
            : Unsaved;
    }

    /// <summary>Wakes the machine when its time has come.</summary>
    internal void Pump()
    {
        LookAtHolds();
        LookAtMemory();
        if (_due <= _parts.Clock.Now)
        {
            _ = Step(new DeviceEvent.TimerFired());
        }

        FetchNext();
        _scrub.Pump(State, _cancel);
        Shadows.Pump(State, _cancel);
    }

    /// <summary>Takes what may be replaced now, where that is not what it was.</summary>
    internal void LookAtHolds()
    {
        DeviceHolds holds = _holds.Look(State);
        if (!ReferenceEquals(holds, State.Holds))
        {
            _ = Advance(new DeviceEvent.HoldsChanged(holds));
        }
    }

    /// <summary>What only time changes: unsaved state, content that nobody needs.</summary>
    internal void Housekeep()
    {
        _ = Unsaved is null || SaveAgain();
        _ledger.KeepReserve();
        Collect();
    }

    /// <summary>Saves what would be lost by leaving now.</summary>
    internal void SaveLast() => _ = _isDirty && SaveAgain();

    /// <summary>Takes an event by what holds at this moment: a window may have closed since the last turn.</summary>
    private GenerationVerdict Step(DeviceEvent e)
    {
        if (e is not DeviceEvent.AgentStarted)
        {
            LookAtHolds();
        }

        return Advance(e);
    }

    /// <summary>Takes what somebody else on the loop found.</summary>
    internal void Take(DeviceEvent e) => _ = Step(e);

    private GenerationVerdict Advance(DeviceEvent e)
    {
        DeviceState before = State;
        DeviceStep step = DeviceMachine.Step(State, e, _parts.Clock.Now);
        State = step.Save;
        if (!ReferenceEquals(before, State))
        {
            _store.Shelf.Name(Named());
        }

        _due = step.NextTimer;
        _memoryDue = State.InOrder.All(static w => w.Standby is null)
            ? null
            : _memoryDue ?? _parts.Clock.Now + AgentLimits.MemoryPeriod;
        if (step.MustSave)
        {
            _isDirty = true;
            _ = SaveAgain();
        }

        foreach (EventMessage message in EventReport.Of(before, State))
        {
            _reporter.Event(message);
        }

        foreach (DeviceEffect effect in step.ThenRun)
        {
            Run(effect);
        }

        return step.Verdict;
    }

    private bool SaveAgain()
    {
        Finding? finding = _ledger.Save(new LedgerRecord
        {
            Device = State,
            Sequence = _spool.LastSequence,
            SeenMs = _parts.Clock.FloorMs,
        });
        if (finding is not null && Unsaved is null)
        {
            _reporter.Warn("LedgerNotSaved", finding);
        }

        Unsaved = finding;
        _isDirty = finding is not null;
        return finding is null;
    }

    private void Run(DeviceEffect effect)
    {
        switch (effect)
        {
            case DeviceEffect.Fetch fetch:
                Verify(fetch.Spec);
                break;
            case DeviceEffect.Start start:
                Prepare(start.Spec, p => Start(start.Instance, p), failed => Later(
                    new DeviceEvent.StartFailed(start.Instance, failed.Blame, failed.Problem)));
                break;
            case DeviceEffect.Preflight preflight:
                Prepare(preflight.Spec, p => Preflight(preflight.Instance, p), failed => Later(
                    new DeviceEvent.PreflightFailed(preflight.Instance, failed.Blame, failed.Problem)));
                break;
            case DeviceEffect.Shadow shadow:
                Shadows.Begin(shadow);
                break;
            case DeviceEffect.HandOver handOver:
                HandOver(handOver);
                break;
            case DeviceEffect.Watch watch:
                Watch(watch.Instance.Id);
                break;
            case DeviceEffect.Drain drain:
                _parts.Mailbox.Run(c => _supervisor.DrainAsync(drain.Instance, drain.Deadline, c), null, _cancel);
                break;
            case DeviceEffect.Resume resume:
                _parts.Mailbox.Run(
                    c => _supervisor.ResumeAsync(resume.Instance, resume.Endpoint, c), null, _cancel);
                break;
            case DeviceEffect.Park park:
                Park(park);
                break;
            case DeviceEffect.Stop stop:
                Stop(stop.Instance);
                break;
            case DeviceEffect.CloseListener close:
                _ = _prepared.Remove(close.Workload);
                _parts.Mailbox.Run(c => _supervisor.CloseListenersAsync(close.Workload, c), null, _cancel);
                break;
        }
    }

    private void Later(DeviceEvent e) => _parts.Mailbox.Post(() => _ = Step(e));

    private void Verify(WorkloadSpec spec)
    {
        _verifying++;
        _parts.Mailbox.Run(
            async _ => await HeavyAsync(() => _fetcher.Verify(spec)).ConfigureAwait(false),
            result =>
            {
                _verifying--;
                if (result is FetchResult.Missing)
                {
                    _toFetch.Enqueue(spec);
                }
                else
                {
                    Fetched(spec, result);
                }
            },
            _cancel);
    }

    private void FetchNext()
    {
        if (_isFetching)
        {
            return;
        }

        if (!_toFetch.TryDequeue(out WorkloadSpec? spec))
        {
            RepairNext();
            return;
        }

        _isFetching = true;
        _parts.Mailbox.Run(
            c => _fetcher.FetchAsync(spec, c),
            result =>
            {
                _isFetching = false;
                Fetched(spec, result);
            },
            _cancel);
    }

    /// <summary>Fetches what is damaged of a release that serves: for the machine nothing changes.</summary>
    private void RepairNext()
    {
        if (!_toRepair.TryDequeue(out WorkloadSpec? spec))
        {
            return;
        }

        _isFetching = true;
        _parts.Mailbox.Run(
            c => _fetcher.FetchAsync(spec, c),
            result =>
            {
                _isFetching = false;
                if (result is FetchResult.Failed failed)
                {
                    _scrub.Again();
                    _reporter.Warn("ContentNotRepaired", AgentErrors.ContentDamaged.At(
                        $"{spec.Deployment}: {failed.Problem.Code} {failed.Problem.Message}"));
                    return;
                }

                _reporter.Event(new EventMessage
                {
                    Reason = "ContentRepaired",
                    Workload = spec.Deployment.ToString(),
                    Message = "damaged chunks were fetched again; what runs was not disturbed",
                });
            },
            _cancel);
    }

    private void Fetched(WorkloadSpec spec, FetchResult result)
    {
        switch (result)
        {
            case FetchResult.Ready ready:
                _prepared[spec.Deployment] = ready.Release;
                _ = Step(new DeviceEvent.Fetched(spec.Deployment, spec.Digest) { Room = RoomOf(null) });
                break;
            case FetchResult.Failed failed:
                _ = Step(new DeviceEvent.FetchFailed(spec.Deployment, spec.Digest, failed.Blame, failed.Problem));
                break;
            case FetchResult.Missing:
                throw Check.Unreachable(result);
        }
    }

    /// <summary>
    /// The files of a release: remembered from the fetch just before, else looked up and verified again.
    /// </summary>
    private void Prepare(WorkloadSpec spec, Action<PreparedRelease> then, Action<FetchResult.Failed> otherwise)
    {
        if (_prepared.TryGetValue(spec.Deployment, out PreparedRelease? prepared) && prepared.Spec == spec)
        {
            then(prepared);
            return;
        }

        _verifying++;
        _parts.Mailbox.Run(
            async _ => await HeavyAsync(() => _fetcher.Verify(spec)).ConfigureAwait(false),
            result =>
            {
                _verifying--;
                switch (result)
                {
                    case FetchResult.Ready ready:
                        _prepared[spec.Deployment] = ready.Release;
                        then(ready.Release);
                        break;
                    case FetchResult.Failed failed:
                        otherwise(failed);
                        break;
                    default:
                        otherwise(new FetchResult.Failed(Blame.Device, new Problem(
                            AgentErrors.ContentChanged.Code, "content of the release is gone from the disk")));
                        break;
                }
            },
            _cancel);
    }

    private void Start(InstanceId instance, PreparedRelease release) => _parts.Mailbox.Run(
        c => _supervisor.StartAsync(instance, release, c),
        outcome =>
        {
            switch (outcome)
            {
                case StartOutcome.Running running:
                    Watch(instance);
                    _ = Step(new DeviceEvent.Started(instance, running.Pid, running.StartTicks, running.Nonce));
                    break;
                case StartOutcome.Failed failed:
                    _ = Step(new DeviceEvent.StartFailed(instance, failed.Blame, failed.Problem));
                    break;
            }
        },
        _cancel);

    private void Preflight(InstanceId instance, PreparedRelease release) => _parts.Mailbox.Run(
        c => _supervisor.PreflightAsync(instance, release, c),
        outcome => _ = Step(outcome is StepOutcome.Failed failed
            ? new DeviceEvent.PreflightFailed(instance, failed.Blame, failed.Problem)
            : new DeviceEvent.PreflightPassed(instance)),
        _cancel);

    private void HandOver(DeviceEffect.HandOver effect) => _parts.Mailbox.Run(
        c => _supervisor.HandOverAsync(effect.Instance, effect.Endpoint, c),
        outcome => _ = Step(outcome is StepOutcome.Failed failed
            ? new DeviceEvent.HandOverFailed(effect.Instance, failed.Blame, failed.Problem)
            : new DeviceEvent.HandedOver(effect.Instance) { Room = RoomOf(effect.Instance) }),
        _cancel);

    private void Park(DeviceEffect.Park effect) => _parts.Mailbox.Run(
        c => _supervisor.ParkAsync(effect.Instance, effect.Deadline, c),
        isParked =>
        {
            if (isParked)
            {
                _ = Step(new DeviceEvent.Parked(effect.Instance, _supervisor.MemoryOf(effect.Instance)));
            }
        },
        _cancel);

    private MemoryRoom? RoomOf(InstanceId? instance) =>
        _parts.Options.ReadMemory?.Invoke() is { } available
            ? new MemoryRoom(available, instance is { } id ? _supervisor.MemoryOf(id) : 0)
            : null;

    /// <summary>What waits frozen gives way when memory is short.</summary>
    private void LookAtMemory()
    {
        if (_memoryDue <= _parts.Clock.Now)
        {
            _memoryDue = _parts.Clock.Now + AgentLimits.MemoryPeriod;
            if (_parts.Options.ReadMemory?.Invoke() is { } available)
            {
                _ = Step(new DeviceEvent.MemorySeen(available));
            }
        }
    }

    private void Watch(InstanceId instance) => _parts.Mailbox.Run(
        c => _supervisor.WaitForExitAsync(instance, c),
        problem => _ = Step(new DeviceEvent.Exited(instance, problem)),
        _cancel);

    private void Stop(InstanceId instance) => _parts.Mailbox.Run(
        c => _supervisor.StopAsync(instance, c),
        () => _ = Step(new DeviceEvent.Exited(instance, new Problem(AgentErrors.Stopped.Code, "it was stopped"))),
        _cancel);

    private async ValueTask<FetchResult> HeavyAsync(Func<FetchResult> work)
    {
        FetchResult? result = null;
        if (_parts.Options.RunHeavy is { } heavy)
        {
            await heavy(() => result = work()).ConfigureAwait(false);
        }

        return result ?? work();
    }

    private void Collect()
    {
        if (_isFetching || _verifying > 0 || _toFetch.Count + _toRepair.Count > 0)
        {
            return;
        }

        try
        {
            int deleted = _store.Shelf.Collect();
            if (deleted > 0)
            {
                _parts.Options.Log?.Say("content-collected", ("packages", deleted));
            }
        }
        catch (DiskException e)
        {
            _parts.Options.Log?.Warn("content-not-collected", ("message", e.Message));
        }
    }

    private HashSet<Digest> Named() =>
        [.. State.InOrder.SelectMany(Specs).SelectMany(static s => s.Models).Select(static m => m.Package)];

    private static TimeSpan? Earlier(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;

    private static IEnumerable<WorkloadSpec> Specs(WorkloadState w)
    {
        WorkloadSpec?[] specs =
            [w.Target, w.Attempt, w.LastGood, w.GoodBefore, w.Current?.Spec, w.Candidate?.Spec, w.Standby?.Spec];
        return specs.OfType<WorkloadSpec>().Concat(w.Draining.Select(static d => d.Spec));
    }
}
