using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Fleet;
using Kedge.Simulation.Time;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.Simulation.World;

/// <summary>
/// A fleet in one thread: two replicas over one store, some devices, a network, a user and an intruder, all by seed.
/// Safety: checkers run after every commit and every few steps while faults happen. Liveness: then the faults stop, and
/// within bounded
/// virtual time every device runs what is asked, or says why it refuses it.
/// </summary>
internal sealed class SimulatedWorld
{
    private static readonly TimeSpan FaultPhase = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan QuietPhase = TimeSpan.FromMinutes(30);
    private static readonly TenantId Tenant = TenantId.Default;

    private readonly SimScheduler _scheduler = new();
    private readonly Rng _rng;
    private readonly Faults _drawn;
    private readonly SimTime _serverTime;
    private readonly MemoryStore _store;
    private readonly SimNetwork _network;
    private readonly List<Replica> _replicas = [];
    private readonly List<SimDevice> _devices = [];
    private readonly Dictionary<(DeviceId, Generation), HashSet<Digest>> _committed = [];
    private readonly Dictionary<DeviceId, Generation> _heldBefore = [];
    private readonly List<byte[]> _seenMessages = [];
    private readonly HashSet<(DeviceId, Digest)> _seenRows = [];
    private readonly Dictionary<DeviceId, long> _acknowledgedBefore = [];
    private readonly RolloutWatch _rollouts;
    private readonly RolloutOperator _operator;
    private readonly GateWatch _gates;
    private readonly int _stepsPerLook;
    private readonly bool _hasImages;
    private MemorySnapshot? _backup;
    private Faults _faults;
    private long _checked = -1;

    public SimulatedWorld(ulong seed)
    {
        _rng = new Rng(seed);
        _hasImages = seed % 8 == 3;
        _drawn = Faults.Draw(_rng);
        _faults = _drawn;
        _serverTime = new SimTime(_scheduler);
        _store = new MemoryStore(_serverTime);
        _network = new SimNetwork(_scheduler, new Rng(_rng.Next()), () => _faults, () => _replicas);
        _rollouts = new RolloutWatch(_store, Tenant);
        _operator = new RolloutOperator(_store, Tenant, new Rng(_rng.Next()));
        Severity? severity = _rng.Below(4) == 0 ? Severity.Draw(_rng) : null;
        _stepsPerLook = severity is null ? 4 : 16;
        _gates = new GateWatch(_store, Tenant, _rollouts, _scheduler, isOldGood: false);
        int devices = _rng.Below(4) == 0 ? 6 : 3;
        for (int i = 0; i < devices; i++)
        {
            _devices.Add(new SimDevice($"d{i}", _scheduler, _network, new Rng(_rng.Next()), () => _faults, severity)
            {
                ImageDecoding = !_hasImages ? "" : (i % 3) switch
                {
                    0 => DeviceFacts.ImagesOn,
                    1 => DeviceFacts.ImagesOff,
                    _ => "", // as an older agent
                },
            });
        }
    }

    /// <summary>Actions that were run: a measure of the work done.</summary>
    public long Steps => _scheduler.Steps;

    /// <summary>What gates judged.</summary>
    public GateVerdicts Verdicts => _gates.Verdicts;

    public void Run()
    {
        SetUp();
        Disturb();
        RunUntil(FaultPhase, () => false);
        Heal();
        TimeSpan quiet = _scheduler.Now + QuietPhase;
        RunUntil(quiet, () => _scheduler.Steps % 64 == 0 && WhyUnsettled() is null);
        if (WhyUnsettled() is string why)
        {
            throw new InvariantException($"not settled {QuietPhase} after the faults stopped: {why}\n{Describe()}");
        }

        _rollouts.CheckEnd(_drawn);
        Look();
    }

    private void SetUp()
    {
        SimContent.Upload(_store, Tenant);
        foreach (SimDevice device in _devices)
        {
            _ = Done(_store.Devices.EnrolAsync(
                Tenant,
                new DeviceEnrolment
                {
                    Device = device.Id,
                    Incarnation = device.Incarnation,
                    Key = device.Key,
                    AtMs = 1,
                },
                default));
            device.Start();
        }

        StartReplicas();
        Apply();
        LookNowAndThen();
    }

    private void LookNowAndThen() => _scheduler.After(TimeSpan.FromSeconds(1), () =>
    {
        Look();
        LookNowAndThen();
    });

    private void Look()
    {
        if (_gates.WhatIsBroken(_replicas.Any(r => r.IsUp)) is string broken)
        {
            throw new InvariantException($"at {_scheduler.Now}: {broken}\n{Describe()}");
        }
    }

    private void StartReplicas()
    {
        while (_replicas.Count(r => r.IsUp) < 2)
        {
            _replicas.RemoveAll(r => !r.IsUp);
            _replicas.Add(new Replica($"r{_rng.Below(1000)}", _scheduler, _store, _serverTime, new Rng(_rng.Next())));
        }
    }

    /// <summary>Something happens now and then, as long as the faults last.</summary>
    private void Disturb() => _scheduler.After(TimeSpan.FromMilliseconds(100 + _rng.Below(8000)), () =>
    {
        if (!ReferenceEquals(_faults, _drawn))
        {
            return;
        }

        SimDevice device = _devices[_rng.Below(_devices.Count)];
        if (_rng.Below(2) == 0)
        {
            Operate(device);
        }

        Hit(device);
        Disturb();
    });

    private void Operate(SimDevice device)
    {
        switch (_rng.Below(10))
        {
            case 8 or 9:
                _operator.Interfere(Deployment(), NowMs);
                break;
            case 0:
                _ = Done(_store.Deployments.DeleteAsync(Tenant, Deployment(), null, NowMs, default));
                break;
            case 1:
                _ = Done(_store.Devices.UpdateAsync(
                    Tenant,
                    new DeviceWrite
                    {
                        Device = device.Id,
                        Labels = LabelRules.None.SetItem("line", _rng.Below(2) == 0 ? "press" : "paint"),
                    },
                    default));
                break;
            case 2:
                _ = Done(_store.Devices.UpdateAsync(
                    Tenant, new DeviceWrite { Device = device.Id, Cordoned = _rng.Below(2) == 0 }, default));
                break;
            case 3:
                _backup = _store.Snapshot();
                break;
            default:
                Apply();
                break;
        }
    }

    private void Apply()
    {
        DeploymentId id = Deployment();
        SimPackage package = SimContent.Packages[_rng.Below(SimContent.Packages.Count)];
        package = _hasImages && package.Tag is ("v2" or "v5") ? SimContent.Images : package;
        DeploymentSpec spec = new()
        {
            Id = id,
            Selector = _rng.Below(3) == 0
                ? new LabelSelector { MatchLabels = LabelRules.None.SetItem("line", "press") }
                : new LabelSelector(),
            Models = [new ModelChoice("m", $"m:{package.Tag}", package.Digest)],
            Endpoint = new EndpointSpec(Exposure.Loopback, 8500 + (id.ToString()[1] - '0')),
            Strategy = _operator.Draw(),
        };
        _ = Done(_store.Deployments.ApplyAsync(
            Tenant,
            new DeploymentWrite
            {
                Id = id,
                SpecJson = DeploymentFormat.Write(spec),
                Packages = [package.Digest],
                AtMs = NowMs,
            },
            default));
    }

    private void Hit(SimDevice device)
    {
        If(_drawn.Partitions, () => _network.Partition(device, TimeSpan.FromSeconds(1 + _rng.Below(60))));
        If(_drawn.AgentCrashes, () => WhenUp(device, device.Crash));
        If(_drawn.PowerCuts, () => WhenUp(device, device.PowerCut));
        If(_drawn.ClockJumps, () => device.Time.WallOffset = TimeSpan.FromDays(_rng.Below(3) switch
        {
            0 => -20_000,
            1 => 400,
            _ => 0,
        }));
        If(_drawn.ProcessDeaths, () =>
        {
            if (device.Processes.Alive.Count > 0)
            {
                device.Processes.Crash(device.Processes.Alive[_rng.Below(device.Processes.Alive.Count)]);
            }
        });
        If(_drawn.Hangs, () =>
        {
            if (device.Processes.Accepting.Count > 0)
            {
                _ = device.Processes.Hung.Add(device.Processes.Accepting[_rng.Below(device.Processes.Accepting.Count)]);
            }
        });
        If(_drawn.ReplicaCrashes, () => Kill(_replicas[_rng.Below(_replicas.Count)]));
        If(_drawn.Restores, Restore);
        If(_drawn.Intruders, () => Intrude(device));
    }

    private void Kill(Replica replica)
    {
        replica.Die();
        _network.ReplicaDied(replica);
        _scheduler.After(TimeSpan.FromMilliseconds(500 + _rng.Below(30_000)), StartReplicas);
    }

    /// <summary>The database is put back to an older backup, with the control plane stopped.</summary>
    private void Restore()
    {
        if (_backup is null)
        {
            return;
        }

        foreach (Replica replica in _replicas.ToArray())
        {
            Kill(replica);
        }

        _store.Restore(_backup);
        _rollouts.Restored();
        _gates.Restored();
        foreach (SimDevice device in _devices)
        {
            _acknowledgedBefore[device.Id] = device.AcknowledgedSequence;
        }
    }

    /// <summary>Somebody puts messages on a device's connection that it must not apply.</summary>
    private void Intrude(SimDevice device)
    {
        SimConnection? connection = _network.Connections.FirstOrDefault(c => c.Device == device);
        if (connection is null)
        {
            return;
        }

        DesiredState forged = new()
        {
            Tenant = Tenant,
            Device = device.Id,
            DeviceKey = device.Key,
            Generation = new Generation(1_000_000),
            IssuedAtMs = NowMs,
            Workloads = [],
        };
        byte[] signed = _rng.Below(4) switch
        {
            0 => SignedMessage.Sign(DesiredMessage.Write(forged), SimContent.Intruder),
            1 => SignedMessage.Sign(
                DesiredMessage.Write(forged with { Device = new DeviceId("other") }), SimContent.Desired),
            2 => SignedMessage.Sign(
                System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(DesiredMessage.Write(forged))
                    .Replace("[\"workloads\"]", "[\"workloads\",\"waves\"]", StringComparison.Ordinal)),
                SimContent.Desired),
            _ when _seenMessages.Count > 0 => _seenMessages[_rng.Below(_seenMessages.Count)],
            _ => SignedMessage.Sign(
                DesiredMessage.Write(forged with { DeviceKey = Digest.Of("x"u8) }), SimContent.Desired),
        };
        connection.Inject(Topics.Of(Tenant, device.Id, Topics.Desired), signed);
    }

    private void Heal()
    {
        _faults = new Faults();
        foreach (SimDevice device in _devices)
        {
            device.Time.WallOffset = TimeSpan.Zero;
        }

        StartReplicas();
        ResumeWhatIsPaused();
    }

    private void ResumeWhatIsPaused() => _scheduler.After(TimeSpan.FromSeconds(20), () =>
    {
        _operator.ResumeAll(NowMs);
        ResumeWhatIsPaused();
    });

    private void RunUntil(TimeSpan until, Func<bool> done)
    {
        while (!done() && _scheduler.Step(until))
        {
            foreach (Replica replica in _replicas)
            {
                replica.PumpSoon();
            }

            foreach (SimDevice device in _devices)
            {
                device.PumpSoon();
            }

            CheckCommits();
            if (_scheduler.Steps % _stepsPerLook == 0)
            {
                CheckSafety();
            }
        }
    }

    /// <summary>Looks at what the last step committed.</summary>
    private void CheckCommits()
    {
        long revision = Done(_store.RevisionAsync(default));
        if (revision == _checked)
        {
            return;
        }

        _checked = revision;
        foreach (SimDevice device in _devices)
        {
            Remember(device);
        }

        if (_rollouts.WhatIsBroken() is string broken)
        {
            throw new InvariantException($"at {_scheduler.Now}: {broken}\n{Describe()}");
        }
    }

    private void CheckSafety()
    {
        foreach (SimDevice device in _devices)
        {
            if (device.Agent is not { } agent)
            {
                continue;
            }

            DeviceState state = agent.State;
            if (agent.IsReady && state.Generation.Value > 0)
            {
                bool legitimate = _committed.TryGetValue((device.Id, state.Generation), out HashSet<Digest>? contents)
                    && contents.Contains(state.Content);
                Require(legitimate, device, $"generation {state.Generation} was never committed for it");
            }

            Require(state.Generation.CompareTo(
                _heldBefore.GetValueOrDefault(device.Id)) >= 0, device, "its generation went back");
            _heldBefore[device.Id] = device.Held;
            if (_scheduler.Steps % (2 * _stepsPerLook) != 0)
            {
                continue;
            }

            Require(
                device.Processes.Started.Distinct().Count() == device.Processes.Started.Count,
                device, "an instance ran twice");
            foreach (IGrouping<DeploymentId, InstanceId> w in device.Processes.Accepting.GroupBy(i => i.Workload))
            {
                // The old and the new one while the listener changes hands; what was told to go may take its time.
                HashSet<InstanceId> told = state.Workloads.GetValueOrDefault(w.Key) is { } known
                    ? [.. known.Draining.Append(known.Standby).OfType<InstanceState>().Select(static i => i.Id)]
                    : [];
                int staying = w.Count(id => !told.Contains(id));
                Require(staying <= 2 && w.Count() <= 4, device, $"{w.Count()} of {w.Key} accept, {staying} for good");
            }
        }
    }

    /// <summary>What the store holds is what a device may hold; what it acknowledged must be there.</summary>
    private void Remember(SimDevice device)
    {
        DesiredRow? row = Done(_store.Desired.FindAsync(Tenant, device.Id, default));
        if (row is not null && row.Head.Generation.Value > 0 && _seenRows.Add((device.Id, row.Head.Content)))
        {
            HashSet<Digest> contents =
                _committed.TryGetValue((device.Id, row.Head.Generation), out HashSet<Digest>? known)
                    ? known
                    : _committed[(device.Id, row.Head.Generation)] = [];
            if (contents.Add(LineOf(row)))
            {
                _seenMessages.Add([.. row.Signed]);
            }
        }

        DeviceRow? held = Done(_store.Devices.FindAsync(Tenant, device.Id, default));

        // What was acknowledged before a restore may be gone with it; what came after may not.
        long acknowledged = device.AcknowledgedSequence;
        long floor = acknowledged > _acknowledgedBefore.GetValueOrDefault(device.Id) ? acknowledged : 0;
        Require(held is not null && held.LastSequence >= floor, device, "an acknowledged report is not in the store");
    }

    /// <summary>What a device compares: the signed line alone, as the same state may be signed twice.</summary>
    private static Digest LineOf(DesiredRow row)
    {
        Check.That(SignedMessage.TryParse(row.Signed.ToArray(), out _) is not null);
        return Digest.Of(SignedMessage.TryParse(row.Signed.ToArray(), out _)!.Body.Span);
    }

    private string? WhyUnsettled()
    {
        if (_rollouts.WhyUnsettled(_devices) is string rollout)
        {
            return rollout;
        }

        foreach (SimDevice device in _devices)
        {
            DeviceRow? row = Done(_store.Devices.FindAsync(Tenant, device.Id, default));
            if (device.Agent is not { IsReady: true } agent || row is null || !row.Connected)
            {
                return $"{device.Id} is not connected";
            }

            if (agent.State.Generation != row.Desired.Generation || row.ReportedGeneration != row.Desired.Generation)
            {
                return $"{device.Id} holds {agent.State.Generation}, reported {row.ReportedGeneration}, "
                    + $"asked {row.Desired.Generation}";
            }

            foreach (WorkloadState w in agent.State.Workloads.Values)
            {
                if (WhyUnsettled(device, w) is string why)
                {
                    return $"{device.Id}: {why}";
                }
            }

            if (device.Processes.Accepting.Count != agent.State.Workloads.Values.Count(w => w.Current is not null))
            {
                return $"{device.Id}: processes accept that nobody knows";
            }

            InstanceId[] frozen =
                [.. agent.State.Workloads.Values.Select(static w => w.Standby?.Id).OfType<InstanceId>()];
            if (!device.Processes.Frozen.ToHashSet().SetEquals(frozen))
            {
                return $"{device.Id}: {string.Join(' ', device.Processes.Frozen)} are frozen, "
                    + $"{string.Join(' ', frozen)} wait";
            }
        }

        return null;
    }

    private string? WhyUnsettled(SimDevice device, WorkloadState w)
    {
        Behaviour behaviour = w.Target is null ? Behaviour.Good : SimContent.Of(w.Target.Models[0].Package).Behaviour;
        if (w.Phase is not (WorkloadPhase.Serving or WorkloadPhase.Stopped) || !w.Draining.IsEmpty)
        {
            return $"{w.Name} is {w.Phase}";
        }

        // A device that was struck again and again may blame a good release; it must say so.
        bool blamed = w.Problem?.Code == DeviceErrors.PoisonGeneration.Code
            || (_drawn.LosesProcesses && w.Problem?.Code == DeviceErrors.CrashLoop.Code);
        if (behaviour == Behaviour.Good && w.Current?.Spec != w.Target && !blamed)
        {
            return $"{w.Name} does not run its target";
        }

        if (w.Target is not null && device.Refuses(behaviour) && w.Problem is null)
        {
            return $"{w.Name} does not say why it refuses its target";
        }

        // A release that hangs again and again is started again and again where there is nothing to go back to.
        bool isHopeless = w.Current is { } current && w.LastGood == current.Spec && w.GoodBefore is null
            && SimContent.Of(current.Spec.Models[0].Package).Behaviour == Behaviour.Hangs
            && device.Processes.Accepting.Contains(current.Id);
        return w.Current is not null && !device.Answers(w.Current.Id) && !isHopeless
            ? $"{w.Current.Id} does not answer"
            : null;
    }

    private static void WhenUp(SimDevice device, Action act)
    {
        if (device.Agent is not null)
        {
            act();
        }
    }

    private void If(double chance, Action act)
    {
        if (_rng.Fraction() < chance * 0.3)
        {
            act();
        }
    }

    private void Require(bool holds, SimDevice device, string what)
    {
        if (!holds)
        {
            throw new InvariantException($"{device.Id} at {_scheduler.Now}: {what}\n{Describe()}");
        }
    }

    private string Describe() => string.Join('\n', _devices.Select(d => d.Describe())) + $"\n{_drawn}";

    private DeploymentId Deployment() => new("w" + _rng.Below(3));

    private long NowMs => _serverTime.GetUtcNow().ToUnixTimeMilliseconds();

    private static T Done<T>(ValueTask<T> task)
    {
        Check.That(task.IsCompletedSuccessfully);
        return task.Result;
    }

    private static void Done(ValueTask task) => Check.That(task.IsCompletedSuccessfully);
}
