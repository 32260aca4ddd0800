using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Device;

/// <summary>
/// Random worlds around the machine: a shell that finishes effects in any order, with failures, deaths and restarts of
/// the agent. Safety holds at every step; when the faults stop, the device comes to what is asked.
/// </summary>
public sealed class DeviceMachinePropertyTests
{
    [Fact]
    public void Whatever_happens_invariants_hold_and_a_quiet_world_converges()
    {
        for (int seed = 1; seed <= 3000; seed++)
        {
            try
            {
                new World(seed).Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed} fails", e);
            }
        }
    }

    private sealed class World(int seed)
    {
        private static readonly Problem Held = new(DeviceErrors.Held.Code, "in motion");
        private static readonly Problem Shut = new(DeviceErrors.OutsideWindows.Code, "until 22:00");
        private readonly Random _random = new(seed);
        private readonly List<DeviceEffect> _pending = [];
        private readonly Dictionary<InstanceId, bool> _alive = []; // true: frozen
        private readonly HashSet<InstanceId> _everStarted = [];
        private DeviceState _state = DeviceState.Empty;
        private TimeSpan _now = TimeSpan.FromDays(1);
        private TimeSpan? _timer;
        private long _generation;
        private ImmutableArray<WorkloadSpec> _asked = [];

        public void Run()
        {
            Feed(new DeviceEvent.AgentStarted([], "r1"));
            for (int i = 0; i < 120; i++)
            {
                Disturb();
            }

            // Nothing that is ready goes on by itself while the device is held; the release is enough.
            Hold(Held, DeviceHolds.None.Windows);
            Ask();
            for (int i = 0; i < 50; i++)
            {
                Work(faults: false);
            }

            Hold(null, DeviceHolds.None.Windows);
            for (int i = 0; i < 2000 && !IsSettled(); i++)
            {
                Work(faults: false);
            }

            Assert.True(IsSettled(), Describe());
        }

        private void Disturb()
        {
            switch (_random.Next(17))
            {
                case 0:
                    Ask();
                    break;
                case 1 when _alive.Count > 0:
                    Kill(_alive.Keys.ElementAt(_random.Next(_alive.Count)));
                    break;
                case 2:
                    Restart();
                    break;
                case 3:
                    Hold(_random.Next(3) == 0 ? Held : null, _state.Holds.Windows);
                    break;
                case 4:
                    DeploymentId name = new(_random.Next(2) == 0 ? "a" : "b");
                    Hold(_state.Holds.Device, _random.Next(2) == 0
                        ? _state.Holds.Windows.SetItem(name, Shut)
                        : _state.Holds.Windows.Remove(name));
                    break;
                case 5:
                    Feed(new DeviceEvent.MemorySeen(_random.Next(2) * 2 * Limits.MemoryFloorBytes));
                    break;
                case 6 when _state.Workloads.Values.FirstOrDefault(w => w.Current is not null) is { } asked:
                    Feed(new DeviceEvent.ProbeFailed(
                        asked.Current!.Id, new Problem(DeviceErrors.ProbeFailed.Code, "made to hang")));
                    break;
                case 7:
                    _now += TimeSpan.FromSeconds(40);
                    Feed(new DeviceEvent.TimerFired());
                    break;
                default:
                    Work(faults: true);
                    break;
            }
        }

        private void Hold(Problem? device, ImmutableSortedDictionary<DeploymentId, Problem> windows) =>
            Feed(new DeviceEvent.HoldsChanged(new DeviceHolds(device, windows)));

        private void Ask()
        {
            _generation += 1 + _random.Next(2);
            _asked = [.. new[] { "a", "b" }.Where(_ => _random.Next(5) > 0)
                .Select(n => Specs.Workload(n, "v" + _random.Next(3), _generation) with
                {
                    Shadow = _random.Next(2) == 0 ? new ShadowSpec() : null,
                    Swap = (SwapRule)_random.Next(1, 4),
                    Resources = new ResourceSpec { MemoryRequestBytes = Limits.MemoryFloorBytes },
                    StandbyFor = TimeSpan.FromSeconds(_random.Next(3) * 40),
                })];
            DesiredState desired = Specs.Desired(_generation, [.. _asked]);
            Feed(new DeviceEvent.DesiredArrived(desired, Specs.ContentOf(desired)));
        }

        private void Restart()
        {
            _pending.Clear();
            _state = _state with
            {
                CleanAt = null,
                Workloads = _state.Workloads.ToImmutableSortedDictionary(
                    p => p.Key, p => p.Value with { Volatile = new VolatileState() }),
            };
            foreach (InstanceId dead in _alive.Keys.Where(_ => _random.Next(4) == 0).ToArray())
            {
                _alive.Remove(dead);
            }

            ImmutableHashSet<InstanceId> recorded = [.. _state.Workloads.Values.SelectMany(w =>
                w.Draining.Add(w.Current!).Add(w.Candidate!).Add(w.Standby!)).Where(i => i is not null)
                .Select(i => i.Id)];
            foreach (InstanceId stray in _alive.Keys.Where(i => !recorded.Contains(i)).ToArray())
            {
                _alive.Remove(stray);
            }

            Feed(new DeviceEvent.AgentStarted([.. _alive.Keys], "r1") { Holds = _state.Holds });
        }

        private void Work(bool faults)
        {
            if (_pending.Count == 0)
            {
                _now = _timer > _now ? _timer.Value : _now + TimeSpan.FromSeconds(1);
                Feed(new DeviceEvent.TimerFired());
                return;
            }

            // The shell keeps the order per workload: take the first of a random workload.
            DeviceEffect effect = _pending[_random.Next(_pending.Count)];
            effect = _pending.First(p => WorkloadOf(p) == WorkloadOf(effect));
            _pending.Remove(effect);
            Finish(effect, faults && _random.Next(4) == 0);
        }

        private void Finish(DeviceEffect effect, bool fails)
        {
            Blame blame = (Blame)_random.Next(1, 4);
            Problem problem = new("KEDGE-TEST-001", "made to fail");
            switch (effect)
            {
                case DeviceEffect.Fetch f:
                    Feed(fails
                        ? new DeviceEvent.FetchFailed(f.Spec.Deployment, f.Spec.Digest, blame, problem)
                        : new DeviceEvent.Fetched(f.Spec.Deployment, f.Spec.Digest)
                        {
                            Room = new MemoryRoom(_random.Next(4) * Limits.MemoryFloorBytes, 0),
                        });
                    break;
                case DeviceEffect.Start s:
                    Assert.True(_everStarted.Add(s.Instance), $"{s.Instance} was started twice");
                    if (!fails)
                    {
                        _alive[s.Instance] = false;
                    }

                    Feed(fails
                        ? new DeviceEvent.StartFailed(s.Instance, blame, problem)
                        : new DeviceEvent.Started(s.Instance, 1, 1, "n"));
                    break;
                case DeviceEffect.Preflight p:
                    Feed(fails
                        ? new DeviceEvent.PreflightFailed(p.Instance, blame, problem)
                        : new DeviceEvent.PreflightPassed(p.Instance));
                    break;
                case DeviceEffect.Shadow s when _alive.ContainsKey(s.Instance) && _alive.ContainsKey(s.Beside):
                    Feed(fails
                        ? new DeviceEvent.ShadowFailed(s.Instance, s.Beside, blame, problem)
                        : new DeviceEvent.ShadowPassed(s.Instance, s.Beside));
                    break;
                case DeviceEffect.HandOver h:
                    if (!fails && _alive.ContainsKey(h.Instance))
                    {
                        _alive[h.Instance] = false;
                    }

                    Feed(fails || !_alive.ContainsKey(h.Instance)
                        ? new DeviceEvent.HandOverFailed(h.Instance, blame, problem)
                        : new DeviceEvent.HandedOver(h.Instance)
                        {
                            Room = new MemoryRoom(_random.Next(4) * Limits.MemoryFloorBytes, 0),
                        });
                    break;
                case DeviceEffect.Resume r when _alive.ContainsKey(r.Instance):
                    _alive[r.Instance] = false;
                    break;
                case DeviceEffect.Park p when fails:
                    Kill(p.Instance);
                    break;
                case DeviceEffect.Park p when _alive.ContainsKey(p.Instance):
                    _alive[p.Instance] = true;
                    Feed(new DeviceEvent.Parked(p.Instance, 1));
                    break;
                case DeviceEffect.Drain d:
                    Kill(d.Instance);
                    break;
                case DeviceEffect.Stop s:
                    Kill(s.Instance);
                    break;
                case DeviceEffect.Watch w when !_alive.ContainsKey(w.Instance.Id):
                    Feed(new DeviceEvent.Exited(w.Instance.Id, problem));
                    break;
                default:
                    break;
            }
        }

        private void Kill(InstanceId id)
        {
            _alive.Remove(id);
            Feed(new DeviceEvent.Exited(id, new Problem("KEDGE-TEST-002", "killed")));
        }

        private void Feed(DeviceEvent e)
        {
            DeviceState before = _state;
            DeviceStep step = DeviceMachine.Step(_state, e, _now);
            Assert.True(step.Save.Generation.CompareTo(before.Generation) >= 0);
            HoldsHold(before, step);
            foreach (WorkloadState w in step.Save.Workloads.Values)
            {
                Assert.True(w.Attempt is null || w.Quarantined.All(q => q.Release != w.Attempt.Digest));
            }

            _state = step.Save;
            _timer = step.NextTimer;
            _pending.AddRange(step.ThenRun);
            foreach (WorkloadState w in _state.Workloads.Values)
            {
                StandbyHolds(w);
            }

            Assert.True(NothingLeaks(), Describe());
        }

        /// <summary>
        /// What serves is not frozen, or is about to be thawed; what waits is parked or about to be, and ends in time.
        /// </summary>
        private void StandbyHolds(WorkloadState w)
        {
            Assert.True(w.Phase != WorkloadPhase.Yielding || w.Draining.Any(d => _alive.ContainsKey(d.Id))
                || _pending.Any(p => p is DeviceEffect.Drain or DeviceEffect.Stop or DeviceEffect.Watch),
                $"{w.Name} waits for nobody to end");
            bool isFrozen = w.Current is { } c && _alive.TryGetValue(c.Id, out bool frozen) && frozen;
            Assert.True(!isFrozen || _pending.Any(p => p is DeviceEffect.Resume r && r.Instance == w.Current!.Id),
                $"{w.Current?.Id} serves and is frozen");
            bool isParked = w.Standby is not { } s || !_alive.TryGetValue(s.Id, out bool parked) || parked
                || _pending.Any(p => p is DeviceEffect.Park k && k.Instance == s.Id);
            Assert.True(isParked, $"{w.Standby?.Id} waits and is not frozen");
            Assert.True(w.Standby is null || w.Volatile.StandbyUntil <= _now + Limits.StandbyMax);
            Assert.True(w.Standby is null || w.Draining.All(d => d.Id != w.Standby.Id));
        }

        /// <summary>
        /// What serves, is alive and not known to be bad stays while the device is held, and nothing is started or
        /// given
        /// the listener to take its place. Outside of its windows it is replaced by what it served before at most.
        /// </summary>
        private static void HoldsHold(DeviceState before, DeviceStep step)
        {
            foreach (WorkloadState w in step.Save.Workloads.Values.Where(static w => w.Current is not null))
            {
                bool isBad = w.Quarantined.Any(q => q.Release == w.Current!.Spec.Digest);
                WorkloadSpec? starts = step.ThenRun.OfType<DeviceEffect.Start>()
                    .FirstOrDefault(s => s.Instance.Workload == w.Name)?.Spec;
                bool takesOver = w.Phase == WorkloadPhase.HandingOver
                    && before.Workloads[w.Name].Phase != WorkloadPhase.HandingOver;
                bool isToBeCompared = starts?.Shadow is not null && !IsCompared(w, starts);
                starts = takesOver ? w.Candidate!.Spec : starts;
                isToBeCompared &= !takesOver;
                bool isShut = step.Save.Holds.Windows.ContainsKey(w.Name);
                bool isKnown = starts == w.LastGood || w.Passed.Any(p => p.Release == starts?.Digest);
                Assert.True(starts is null || starts == w.Current!.Spec || isBad
                    || (step.Save.Holds.Device is null && (!isShut || isKnown || isToBeCompared)),
                    $"{w.Name} starts {starts?.Revision}");
                Assert.True(!takesOver || isBad || starts!.Shadow is null || starts == w.LastGood
                    || starts.Revision < w.Current!.Spec.Revision || IsCompared(w, starts) || w.Candidate!.Thawed,
                    $"{w.Name} hands over to {starts?.Revision}, which was not compared");
            }

            foreach (WorkloadState w in before.Workloads.Values.Where(static w => w.Current is not null))
            {
                bool isLetGo = step.ThenRun.Any(x => x is DeviceEffect.Drain d && d.Instance == w.Current!.Id);
                bool wasBad = w.Quarantined.Any(q => q.Release == w.Current!.Spec.Digest);
                Assert.True(!isLetGo || wasBad || step.Save.Holds.Device is null
                    || w.Phase == WorkloadPhase.HandingOver,
                    $"{w.Name} lets {w.Current!.Id} go while it is held");
            }
        }

        private static bool IsCompared(WorkloadState w, WorkloadSpec spec) =>
            w.Shadowed.Any(p => p.Release == spec.Digest);

        private bool IsSettled() =>
            _pending.Count == 0
            && _state.Workloads.Count == _asked.Length
            && _asked.All(a => _state.Workloads.TryGetValue(a.Deployment, out WorkloadState? w)
                && w.Phase == WorkloadPhase.Serving && w.Current!.Spec == a && w.Draining.IsEmpty
                && _alive.TryGetValue(w.Current.Id, out bool isFrozen) && !isFrozen)
            && NothingLeaks();

        /// <summary>
        /// Whatever is alive is known: it serves, comes up, drains, waits frozen, or is being stopped.
        /// </summary>
        private bool NothingLeaks() => _alive.All(a =>
            _pending.Any(p => p is DeviceEffect.Stop s && s.Instance == a.Key)
            || (_state.Workloads.TryGetValue(a.Key.Workload, out WorkloadState? w)
                && (w.Current?.Id == a.Key || w.Candidate?.Id == a.Key || w.Standby?.Id == a.Key
                    || w.Draining.Any(d => d.Id == a.Key))));

        private string Describe() => string.Join("; ", _state.Workloads.Values.Select(w =>
            $"{w.Name} {w.Phase} current {w.Current?.Id} of {w.Target?.Models[0].PackageLabel}"
            + $" quarantined {w.Quarantined.Length} {w.Problem}")) + $" pending {_pending.Count} alive {_alive.Count}";

        private static DeploymentId WorkloadOf(DeviceEffect effect) => effect switch
        {
            DeviceEffect.Fetch e => e.Spec.Deployment,
            DeviceEffect.Start e => e.Instance.Workload,
            DeviceEffect.Preflight e => e.Instance.Workload,
            DeviceEffect.Shadow e => e.Instance.Workload,
            DeviceEffect.HandOver e => e.Instance.Workload,
            DeviceEffect.Watch e => e.Instance.Id.Workload,
            DeviceEffect.Drain e => e.Instance.Workload,
            DeviceEffect.Resume e => e.Instance.Workload,
            DeviceEffect.Park e => e.Instance.Workload,
            DeviceEffect.Stop e => e.Instance.Workload,
            DeviceEffect.CloseListener e => e.Workload,
            _ => throw Check.Unreachable(effect),
        };
    }
}
