using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Rollouts;
using Kedge.Simulation.Time;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.Simulation.World;

/// <summary>
/// A larger fleet of whole agents with few faults and a rollout with gates: every device runs a good
/// release, then is to take one that is good or bad in a way that only its answers show. What is bad is taken back and
/// leaves every device on the release before; what is good passes.
/// </summary>
internal sealed class FleetWorld
{
    private static readonly TenantId Tenant = TenantId.Default;
    private static readonly DeploymentId Name = new("w0");
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan FaultsLast = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(30);

    private readonly SimScheduler _scheduler = new();
    private readonly Rng _rng;
    private readonly SimTime _time;
    private readonly MemoryStore _store;
    private readonly SimNetwork _network;
    private readonly List<Replica> _replicas = [];
    private readonly List<SimDevice> _devices = [];
    private readonly RolloutWatch _rollouts;
    private readonly RolloutOperator _operator;
    private readonly GateWatch _gates;
    private readonly Severity _severity;
    private Faults _faults = new();
    private long _checked = -1;

    public FleetWorld(ulong seed, int devices)
    {
        _rng = new Rng(seed);
        _time = new SimTime(_scheduler);
        _store = new MemoryStore(_time);
        _network = new SimNetwork(_scheduler, new Rng(_rng.Next()), () => _faults, () => _replicas);
        _rollouts = new RolloutWatch(_store, Tenant);
        _operator = new RolloutOperator(_store, Tenant, new Rng(_rng.Next()));
        _gates = new GateWatch(_store, Tenant, _rollouts, _scheduler, isOldGood: true);
        _severity = Severity.Draw(_rng);
        for (int i = 0; i < devices; i++)
        {
            _devices.Add(new SimDevice(
                $"d{i}", _scheduler, _network, new Rng(_rng.Next()), () => _faults, _severity));
        }
    }

    /// <summary>Actions that were run: a measure of the work done.</summary>
    public long Steps => _scheduler.Steps;

    /// <summary>What gates judged.</summary>
    public GateVerdicts Verdicts => _gates.Verdicts;

    public void Run()
    {
        SetUp();
        Apply("v1", new StrategySpec());
        RunUntil(Warm, () => false);
        TryRelease(SimContent.Packages[0]);
    }

    /// <summary>One rollout to its end.</summary>
    private void TryRelease(SimPackage stable)
    {
        SimPackage[] good = [.. SimContent.Packages.Where(p => p.Behaviour == Behaviour.Good && p != stable)];
        SimPackage[] bad = [.. SimContent.Packages.Where(p => p.Behaviour >= Behaviour.Slow)];
        SimPackage tried = _rng.Below(3) == 0 ? good[_rng.Below(good.Length)] : bad[_rng.Below(bad.Length)];
        StrategySpec strategy = Strategy();
        Apply(tried.Tag, strategy);
        _faults = new Faults { LinkBreaks = _rng.Fraction() * 0.002, HalfOpen = 0.3, Duplicates = 0.02 };
        RunUntil(_scheduler.Now + FaultsLast, () => false);
        _faults = new Faults();
        RunUntil(_scheduler.Now + EndsWithin, () => _scheduler.Steps % 256 == 0 && WhyUnsettled(stable, tried) is null);
        if (WhyUnsettled(stable, tried) is string why)
        {
            throw new InvariantException($"{EndsWithin} after the faults stopped: {why}; {tried.Behaviour} {strategy}");
        }

        CheckEnd(tried, strategy, _rollouts.States()[Name]);
    }

    private void CheckEnd(SimPackage tried, StrategySpec strategy, RolloutState state)
    {
        bool isTakenBack = state.Phase == RolloutPhase.RolledBack;
        bool isByGate = state.Code == RolloutErrors.GateFailed.Code;
        if (tried.Behaviour == Behaviour.Good && isTakenBack && !isByGate)
        {
            throw new InvariantException($"a good release was taken back: {state.Reason}");
        }

        // With waves of so many answers even the mildest of these is beyond doubt before the last of them ends.
        bool isErrorsSeen = tried.Behaviour == Behaviour.Wrong && _severity.WrongShare > 0.2
            && strategy.Gates.Errors is not null;
        bool isTimeSeen = tried.Behaviour == Behaviour.Slow && !strategy.Gates.Latency.IsEmpty
            && _severity.SlowFactor > 2.5;
        if ((isErrorsSeen || isTimeSeen) && !isTakenBack)
        {
            throw new InvariantException($"{tried.Behaviour} passed all of {strategy}; {_severity}");
        }
    }

    private StrategySpec Strategy() => new()
    {
        Kind = StrategyKind.Waves,
        Canary = new CanarySpec(new DeviceAmount(4 + _rng.Below(5), IsPercent: false), new LabelSelector()),
        Growth = 2 + _rng.Below(2),
        Soak = TimeSpan.FromSeconds(5 + _rng.Below(10)),
        Gates = _operator.DrawGates() with { MaxRestarts = null },
    };

    private string? WhyUnsettled(SimPackage stable, SimPackage tried)
    {
        RolloutState? state = _rollouts.States().GetValueOrDefault(Name);
        if (state is null || state.Phase is not (RolloutPhase.Complete or RolloutPhase.RolledBack)
            || state.Target != _rollouts.Deployments()[0].SpecRevision)
        {
            return $"{state}";
        }

        SimPackage serves = state.Phase == RolloutPhase.Complete ? tried : stable;
        foreach (SimDevice device in _devices)
        {
            WorkloadState? workload = device.Agent?.State.Workloads.GetValueOrDefault(Name);

            // What hangs is found by the device's own probes, which may take longer than all waves soaked.
            bool isHelped = tried.Behaviour == Behaviour.Hangs && workload?.Problem is not null
                && workload.Current?.Spec.Models[0].Package == stable.Digest;
            if (workload?.Current is not { } current
                || (current.Spec.Models[0].Package != serves.Digest && !isHelped) || !device.Answers(current.Id))
            {
                return $"{device.Id} does not serve {serves.Tag} after {state.Phase}: {device.Describe()}";
            }
        }

        return null;
    }

    private void SetUp()
    {
        SimContent.Upload(_store, Tenant);
        foreach (SimDevice device in _devices)
        {
            DeviceEnrolment enrolment = new()
            {
                Device = device.Id,
                Incarnation = device.Incarnation,
                Key = device.Key,
                AtMs = 1,
            };
            Check.That(_store.Devices.EnrolAsync(Tenant, enrolment, default).IsCompletedSuccessfully);
            device.Start();
        }

        _replicas.Add(new Replica("r0", _scheduler, _store, _time, new Rng(_rng.Next())));
        LookNowAndThen();
    }

    private void Apply(string tag, StrategySpec strategy)
    {
        SimPackage package = SimContent.Packages.Single(p => p.Tag == tag);
        DeploymentSpec spec = new()
        {
            Id = Name,
            Selector = new LabelSelector(),
            Models = [new ModelChoice("m", $"m:{package.Tag}", package.Digest)],
            Endpoint = new EndpointSpec(Exposure.Loopback, 8500),
            Strategy = strategy,
        };
        DeploymentWrite write = new()
        {
            Id = Name,
            SpecJson = DeploymentFormat.Write(spec),
            Packages = [package.Digest],
            AtMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        Check.That(_store.Deployments.ApplyAsync(Tenant, write, default).IsCompletedSuccessfully);
    }

    private void LookNowAndThen() => _scheduler.After(TimeSpan.FromSeconds(3), () =>
    {
        Require(_gates.WhatIsBroken(isServerUp: true));
        LookNowAndThen();
    });

    private void RunUntil(TimeSpan until, Func<bool> done)
    {
        while (!done() && _scheduler.Step(until))
        {
            _replicas[0].PumpSoon();
            foreach (SimDevice device in _devices)
            {
                device.PumpSoon();
            }

            long revision = _store.RevisionAsync(default).Result;
            if (revision != _checked)
            {
                _checked = revision;
                Require(_rollouts.WhatIsBroken());
            }
        }
    }

    private void Require(string? broken)
    {
        if (broken is not null)
        {
            throw new InvariantException($"at {_scheduler.Now}: {broken}");
        }
    }
}
