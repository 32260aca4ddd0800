using System.Collections.Immutable;
using Kedge.Core.Desired;

namespace Kedge.Core.Device;

/// <summary>
/// The one place on a device that decides.
/// <para>Problem: what is asked, what runs and what the ledger remembers must agree after any cut, in any order of
/// results, with messages that are late, doubled or from the past.</para>
/// <para>Approach: a pure step from state and event to new state and effects. The shell saves the state, then runs the
/// effects; each effect is idempotent and its result comes back as an event. Every workload has a machine of its own
/// (<see cref="WorkloadMachine"/>); this one guards the generation, finds whom an event concerns, and keeps
/// time.</para>
/// <para>Invariants: the generation never goes back; an event about an instance or release that is not under way is
/// late and changes nothing; after <see cref="Limits.UncleanStartsMax"/> starts of the agent that ended early, what
/// the newest generation brought and nobody has proven is quarantined.</para>
/// </summary>
public static class DeviceMachine
{
    /// <summary>Takes one event.</summary>
    /// <param name="state">The state as last saved, or as the last step returned it.</param>
    /// <param name="e">What happened.</param>
    /// <param name="now">The agent's monotonic clock.</param>
    public static DeviceStep Step(DeviceState state, DeviceEvent e, TimeSpan now)
    {
        Turn turn = new(state, now);
        GenerationVerdict verdict = GenerationVerdict.Unknown;
        switch (e)
        {
            case DeviceEvent.AgentStarted started:
                turn.Start(started);
                break;
            case DeviceEvent.DesiredArrived arrived:
                verdict = turn.Accept(arrived.State, arrived.Content);
                break;
            case DeviceEvent.TimerFired:
                turn.Tick();
                break;
            case DeviceEvent.HoldsChanged changed:
                turn.Hold(changed.Holds);
                break;
            case DeviceEvent.MemorySeen seen:
                turn.Look(seen.AvailableBytes);
                break;
            case DeviceEvent.Fetched or DeviceEvent.FetchFailed
                or DeviceEvent.Started or DeviceEvent.StartFailed
                or DeviceEvent.PreflightPassed or DeviceEvent.PreflightFailed
                or DeviceEvent.ShadowPassed or DeviceEvent.ShadowFailed
                or DeviceEvent.HandedOver or DeviceEvent.HandOverFailed
                or DeviceEvent.Parked or DeviceEvent.Exited or DeviceEvent.ProbeFailed:
                turn.Route(e);
                break;
            default:
                throw Check.Unreachable(e);
        }

        return turn.Finish(verdict);
    }

    /// <summary>One step in the making.</summary>
    private sealed class Turn
    {
        private readonly DeviceState _before;
        private readonly TimeSpan _now;
        private DeviceState _state;
        private ImmutableArray<DeviceEffect> _effects = [];

        public Turn(DeviceState before, TimeSpan now)
        {
            _before = before;
            _state = before;
            _now = now;
        }

        public void Start(DeviceEvent.AgentStarted e)
        {
            int starts = _state.UncleanStarts + 1;
            bool poison = starts > Limits.UncleanStartsMax;
            _state = _state with
            {
                UncleanStarts = poison ? 1 : starts,
                Runtime = e.Runtime,
                CleanAt = _now + Limits.CleanStartAfter,
                Holds = e.Holds,
            };
            WorkloadEvent sight = new(WorkloadEventKind.AgentStarted) { Alive = [.. e.Alive] };
            foreach (DeploymentId name in _state.Names)
            {
                if (poison)
                {
                    Problem problem = new(
                        DeviceErrors.PoisonGeneration.Code,
                        $"the agent ended {starts - 1} times in a row on generation {_state.Generation}");
                    Apply(name, m => WorkloadMoves.Poison(m, problem));
                }

                Apply(name, m => WorkloadMachine.Step(m, sight));
            }
        }

        public GenerationVerdict Accept(DesiredState desired, Digest content)
        {
            GenerationVerdict verdict = GenerationGuard.Judge(
                _state.Generation, _state.Content, desired.Generation, content);
            if (verdict != GenerationVerdict.Newer)
            {
                return verdict;
            }

            _state = _state with { Generation = desired.Generation, Content = content };
            ImmutableHashSet<DeploymentId> wanted = [.. desired.Workloads.Select(w => w.Deployment)];
            foreach (DeploymentId name in _state.Names.Where(n => !wanted.Contains(n)).ToArray())
            {
                Apply(name, m => WorkloadMachine.Step(
                    m, new WorkloadEvent(WorkloadEventKind.Unassigned) { Generation = desired.Generation }));
            }

            foreach (WorkloadSpec spec in desired.Workloads)
            {
                Assign(spec, desired.Generation);
            }

            return verdict;
        }

        public void Hold(DeviceHolds holds)
        {
            _state = _state with { Holds = holds };
            foreach (DeploymentId name in _state.Names)
            {
                Send(name, new WorkloadEvent(WorkloadEventKind.HoldsChanged));
            }
        }

        /// <summary>What waits frozen is the first that gives way when memory is short.</summary>
        public void Look(long availableBytes)
        {
            if (availableBytes >= Limits.MemoryFloorBytes)
            {
                return;
            }

            foreach (DeploymentId name in _state.Names.Where(n => _state.Workloads[n].Standby is not null))
            {
                Send(name, new WorkloadEvent(WorkloadEventKind.MemoryShort) { Bytes = availableBytes });
            }
        }

        public void Tick()
        {
            if (_state.CleanAt <= _now)
            {
                _state = _state with { CleanAt = null, UncleanStarts = 0 };
            }

            foreach (DeploymentId name in _state.Names)
            {
                if (_state.Workloads[name].Volatile.ProvenAt <= _now)
                {
                    Apply(name, m => WorkloadMachine.Step(m, new WorkloadEvent(WorkloadEventKind.ProvenDue)));
                }

                if (_state.Workloads[name].Volatile.StandbyUntil <= _now)
                {
                    Apply(name, m => WorkloadMachine.Step(m, new WorkloadEvent(WorkloadEventKind.StandbyDue)));
                }

                if (_state.Workloads[name] is { Phase: WorkloadPhase.Waiting } waiting
                    && waiting.Volatile.RetryAt <= _now)
                {
                    Apply(name, m => WorkloadMachine.Step(m, new WorkloadEvent(WorkloadEventKind.RetryDue)));
                }
            }
        }

        /// <summary>Finds the workload and the instance that an event concerns; what concerns none is late.</summary>
        public void Route(DeviceEvent e)
        {
            switch (e)
            {
                case DeviceEvent.Fetched f when IsFetching(f.Workload, f.Release):
                    Send(f.Workload, new WorkloadEvent(WorkloadEventKind.Fetched) { Room = f.Room });
                    break;
                case DeviceEvent.FetchFailed f when IsFetching(f.Workload, f.Release):
                    Send(f.Workload, Failure(WorkloadEventKind.FetchFailed, f.Blame, f.Problem));
                    break;
                case DeviceEvent.Started s when Candidate(s.Instance, WorkloadPhase.Starting) is InstanceState c:
                    Send(s.Instance.Workload, new WorkloadEvent(WorkloadEventKind.Started)
                    {
                        Candidate = c with { Pid = s.Pid, StartTicks = s.StartTicks, Nonce = s.Nonce },
                    });
                    break;
                case DeviceEvent.StartFailed s when Candidate(s.Instance, WorkloadPhase.Starting) is not null:
                    Send(s.Instance.Workload, Failure(WorkloadEventKind.StartFailed, s.Blame, s.Problem));
                    break;
                case DeviceEvent.PreflightPassed p when Candidate(p.Instance, WorkloadPhase.Preflighting) is not null:
                    Send(p.Instance.Workload, new WorkloadEvent(WorkloadEventKind.PreflightPassed));
                    break;
                case DeviceEvent.PreflightFailed p when Candidate(p.Instance, WorkloadPhase.Preflighting) is not null:
                    Send(p.Instance.Workload, Failure(WorkloadEventKind.PreflightFailed, p.Blame, p.Problem));
                    break;
                case DeviceEvent.ShadowPassed s when IsShadowing(s.Instance, s.Beside):
                    Send(s.Instance.Workload, new WorkloadEvent(WorkloadEventKind.ShadowPassed));
                    break;
                case DeviceEvent.ShadowFailed s when IsShadowing(s.Instance, s.Beside):
                    Send(s.Instance.Workload, Failure(WorkloadEventKind.ShadowFailed, s.Blame, s.Problem));
                    break;
                case DeviceEvent.HandedOver h when Candidate(h.Instance, WorkloadPhase.HandingOver) is not null:
                    Send(h.Instance.Workload, new WorkloadEvent(WorkloadEventKind.HandedOver) { Room = h.Room });
                    break;
                case DeviceEvent.HandOverFailed h when Candidate(h.Instance, WorkloadPhase.HandingOver) is not null:
                    Send(h.Instance.Workload, Failure(WorkloadEventKind.HandOverFailed, h.Blame, h.Problem));
                    break;
                case DeviceEvent.Parked p when ExitKind(p.Instance) == WorkloadEventKind.StandbyExited:
                    Send(p.Instance.Workload, new WorkloadEvent(WorkloadEventKind.StandbyParked) { Bytes = p.Bytes });
                    break;
                case DeviceEvent.Exited x when ExitKind(x.Instance) is WorkloadEventKind kind:
                    Send(x.Instance.Workload, Failure(kind, Blame.Release, x.Problem) with { Instance = x.Instance });
                    break;
                case DeviceEvent.ProbeFailed p when ExitKind(p.Instance) == WorkloadEventKind.CurrentExited:
                    Send(
                        p.Instance.Workload, Failure(WorkloadEventKind.ProbeFailed, Blame.Release, p.Problem));
                    break;
                case DeviceEvent.AgentStarted or DeviceEvent.DesiredArrived or DeviceEvent.TimerFired
                    or DeviceEvent.HoldsChanged or DeviceEvent.MemorySeen:
                    throw Check.Unreachable(e);
                default:
                    break; // Late: what it is about was given up in the meantime.
            }
        }

        public DeviceStep Finish(GenerationVerdict verdict) =>
            new(_state, _effects, DurableDiffers(_before, _state), NextTimer(_state), verdict);

        private void Assign(WorkloadSpec spec, Generation generation)
        {
            if (!_state.Workloads.ContainsKey(spec.Deployment))
            {
                WorkloadState fresh = new() { Name = spec.Deployment, Phase = WorkloadPhase.Stopped };
                _state = _state with { Workloads = _state.Workloads.Add(spec.Deployment, fresh) };
            }

            Send(
                spec.Deployment,
                new WorkloadEvent(WorkloadEventKind.Assigned) { Spec = spec, Generation = generation });
        }

        private void Send(DeploymentId name, WorkloadEvent e) => Apply(name, m => WorkloadMachine.Step(m, e));

        private void Apply(DeploymentId name, Func<WorkloadMove, WorkloadMove> move)
        {
            WorkloadMove result = move(new WorkloadMove
            {
                State = _state.Workloads[name],
                Now = _now,
                Runtime = _state.Runtime,
                LastInstance = _state.LastInstance,
                Hold = _state.Holds.Device,
                Window = _state.Holds.Windows.GetValueOrDefault(name),
            });
            _effects = _effects.AddRange(result.Effects);
            _state = _state with
            {
                LastInstance = result.LastInstance,
                Workloads = result.State is null
                    ? _state.Workloads.Remove(name)
                    : _state.Workloads.SetItem(name, result.State),
            };
        }

        private bool IsFetching(DeploymentId name, Digest release) =>
            _state.Workloads.TryGetValue(name, out WorkloadState? w)
            && w.Phase == WorkloadPhase.Fetching
            && w.Attempt?.Digest == release;

        private InstanceState? Candidate(InstanceId id, WorkloadPhase phase) =>
            _state.Workloads.TryGetValue(id.Workload, out WorkloadState? w) && w.Phase == phase && w.Candidate?.Id == id
                ? w.Candidate
                : null;

        private bool IsShadowing(InstanceId id, InstanceId beside) =>
            Candidate(id, WorkloadPhase.Shadowing) is not null
            && _state.Workloads[id.Workload].Current?.Id == beside;

        private WorkloadEventKind? ExitKind(InstanceId id) =>
            !_state.Workloads.TryGetValue(id.Workload, out WorkloadState? w) ? null
            : w.Candidate?.Id == id ? WorkloadEventKind.CandidateExited
            : w.Current?.Id == id ? WorkloadEventKind.CurrentExited
            : w.Standby?.Id == id ? WorkloadEventKind.StandbyExited
            : w.Draining.Any(d => d.Id == id) ? WorkloadEventKind.DrainingExited
            : null;

        private static WorkloadEvent Failure(WorkloadEventKind kind, Blame blame, Problem problem) =>
            new(kind) { Blame = blame, Problem = problem };
    }

    private static TimeSpan? NextTimer(DeviceState state)
    {
        TimeSpan? next = state.CleanAt;
        foreach (WorkloadState w in state.InOrder)
        {
            next = Earlier(next, w.Volatile.RetryAt);
            next = Earlier(next, w.Volatile.ProvenAt);
            next = Earlier(next, w.Volatile.StandbyUntil);
        }

        return next;
    }

    private static TimeSpan? Earlier(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;

    private static bool DurableDiffers(DeviceState a, DeviceState b)
    {
        if (ReferenceEquals(a, b))
        {
            return false;
        }

        return a.Generation != b.Generation || a.Content != b.Content || a.LastInstance != b.LastInstance
            || a.UncleanStarts != b.UncleanStarts || a.Runtime != b.Runtime
            || a.Workloads.Count != b.Workloads.Count
            || b.InOrder.Any(w => !a.Workloads.TryGetValue(w.Name, out WorkloadState? old)
                || (old with { Volatile = w.Volatile }) != w);
    }
}
