using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.Simulation.World;

/// <summary>
/// Looks at every commit with its own eyes: it knows the strategies and what devices are asked for, and nothing of how
/// rollouts are planned.
/// </summary>
internal sealed class RolloutWatch(MemoryStore store, TenantId tenant)
{
    private readonly Dictionary<(DeviceId, Generation, Digest), ImmutableArray<WorkloadSpec>> _workloads = [];
    private readonly Dictionary<string, DeploymentSpec> _specs = [];
    private Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> _before = [];
    private Dictionary<DeploymentId, RolloutState> _statesBefore = [];

    /// <summary>The database was put back: what comes is not compared with what was.</summary>
    public void Restored()
    {
        _before = [];
        _statesBefore = [];
    }

    /// <summary>What the newest commit broke; null for nothing.</summary>
    public string? WhatIsBroken()
    {
        ImmutableArray<DeviceRow> devices = Devices();
        Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> now = devices.ToDictionary(d => d.Id, Asked);
        Dictionary<DeploymentId, RolloutState> states = States();
        string? broken = null;
        foreach (DeploymentRow row in Deployments())
        {
            if (row.DeletedAtMs == 0 && states.TryGetValue(row.Id, out RolloutState? state)
                && state.Target == row.SpecRevision && Spec(row.SpecJson).Strategy.Kind == StrategyKind.Waves)
            {
                broken ??= Exposed(Spec(row.SpecJson), state, devices, now) ?? Kept(Spec(row.SpecJson), state, now)
                    ?? Completed(Spec(row.SpecJson), state, devices);
            }
        }

        (_before, _statesBefore) = (now, states);
        return broken;
    }

    /// <summary>Which rollout has not come to its end though nothing keeps it from that; null for none.</summary>
    public string? WhyUnsettled(IEnumerable<SimDevice> sim)
    {
        SimDevice[] asked = [.. sim.Where(static d => d.HasTraffic)];
        Dictionary<DeploymentId, RolloutState> states = States();
        ImmutableArray<DeviceRow> devices = Devices();
        foreach (DeploymentRow row in Deployments())
        {
            if (row.DeletedAtMs > 0)
            {
                return $"{row.Id} is not removed";
            }

            DeploymentSpec spec = Spec(row.SpecJson);
            if (!states.TryGetValue(row.Id, out RolloutState? state) || state.Target != row.SpecRevision)
            {
                return $"{row.Id}: revision {row.SpecRevision} did not begin";
            }

            if (state.Phase is not (RolloutPhase.Complete or RolloutPhase.RolledBack)
                && !MayWaitForEver(spec, state, devices, asked))
            {
                return $"{row.Id}: revision {state.Target} is {state.Phase} in wave {state.Wave}, {state.Reason}; "
                    + string.Join(", ", devices.Select(d => Describe(d, row.Id))) + $"; {spec.Selector}; "
                    + $"stable {state.Stable?.Revision} {state.Stable?.Spec.Selector} {spec.Strategy}";
            }
        }

        return null;
    }

    /// <summary>What every rollout came to in the end.</summary>
    public void CheckEnd(Faults drawn)
    {
        Dictionary<DeploymentId, RolloutState> states = States();
        ImmutableArray<DeviceRow> devices = Devices();
        foreach (DeploymentRow row in Deployments().Where(r => Spec(r.SpecJson).Strategy.Kind == StrategyKind.Waves))
        {
            DeploymentSpec spec = Spec(row.SpecJson);
            RolloutState state = states[row.Id];
            Behaviour behaviour = SimContent.Of(spec.Models[0].Digest).Behaviour;
            bool isBlamed = state.Code == RolloutErrors.AbortedByPerson.Code
                || state.Reason.Contains(DeviceErrors.PoisonGeneration.Code, StringComparison.Ordinal)
                || (drawn.LosesProcesses
                    && (state.Reason.Contains(DeviceErrors.CrashLoop.Code, StringComparison.Ordinal)
                        || state.Reason.Contains("started again", StringComparison.Ordinal)))
                || state.Code == RolloutErrors.GateFailed.Code; // Counted as false alarms, over all seeds.
            if (behaviour == Behaviour.Good && state.Phase == RolloutPhase.RolledBack && !isBlamed)
            {
                throw new InvariantException($"{row.Id}: a good release was taken back: {state.Reason}");
            }

            if (state.Phase == RolloutPhase.RolledBack)
            {
                CheckBack(row.Id, state, devices);
            }
        }
    }

    private void CheckBack(DeploymentId id, RolloutState state, ImmutableArray<DeviceRow> devices)
    {
        foreach (DeviceRow device in devices)
        {
            WorkloadSpec? asked = Asked(device).FirstOrDefault(w => w.Deployment == id);
            bool isStable = asked is null
                ? state.Stable is null || !CanRun(state.Stable.Spec, device)
                : state.Stable is { } stable && !HasAll(stable.Spec, device)
                    ? asked.Revision != state.Target
                    : asked.Revision == state.Stable?.Revision
                        && asked.Models[0].Package == state.Stable.Spec.Models[0].Digest;
            if (!isStable)
            {
                throw new InvariantException(
                    $"{device.Id} is asked for {id}@{asked?.Revision} after a way back to {state.Stable?.Revision}");
            }
        }
    }

    /// <summary>No more have it than the wave allows, and nobody new while it stands still.</summary>
    private string? Exposed(
        DeploymentSpec spec, RolloutState state, ImmutableArray<DeviceRow> devices,
        Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> now)
    {
        DeviceId[] have = [.. devices.Select(d => d.Id).Where(d => Holds(now[d], spec.Id, state.Target))];
        DeviceId[] added =
            [.. have.Where(d => _before.TryGetValue(d, out var before) && !Holds(before, spec.Id, state.Target))];
        if (added.Length == 0 || state.Phase == RolloutPhase.Complete)
        {
            return null;
        }

        if (state.Phase != RolloutPhase.Progressing)
        {
            return $"{spec.Id}: {added[0]} was given revision {state.Target} while it is {state.Phase}";
        }

        DeviceRow[] members = [.. devices.Where(d => have.Contains(d.Id) || CanRun(spec, d))];
        int canaries = members.Count(d => IsCanary(spec.Strategy, d));
        int limit = Limit(spec.Strategy, members.Length, canaries, state.Promoted ? int.MaxValue : state.Wave);
        return have.Length <= limit
            ? null
            : $"{spec.Id}: {have.Length} have revision {state.Target} in wave {state.Wave} of {members.Length}, "
                + $"{limit} may, {spec.Strategy}";
    }

    /// <summary>Whoever is given something else than the target is given the stable revision, exactly.</summary>
    private string? Kept(
        DeploymentSpec spec, RolloutState state, Dictionary<DeviceId, ImmutableArray<WorkloadSpec>> now)
    {
        foreach ((DeviceId device, ImmutableArray<WorkloadSpec> workloads) in now)
        {
            WorkloadSpec? asked = workloads.FirstOrDefault(w => w.Deployment == spec.Id);
            WorkloadSpec? before = _before.GetValueOrDefault(device, []).FirstOrDefault(w => w.Deployment == spec.Id);
            if (asked is null || asked.Digest == before?.Digest || asked.Revision == state.Target)
            {
                continue;
            }

            if (asked.Revision != state.Stable?.Revision
                || asked.Models[0].Package != state.Stable.Spec.Models[0].Digest
                || asked.Endpoint != state.Stable.Spec.Endpoint)
            {
                return $"{device} is asked for {spec.Id}@{asked.Revision}, stable is {state.Stable?.Revision}";
            }
        }

        return null;
    }

    /// <summary>What no device can serve does not pass, unless it is what the stable revision runs.</summary>
    private string? Completed(DeploymentSpec spec, RolloutState state, ImmutableArray<DeviceRow> devices)
    {
        RolloutState? before = _statesBefore.GetValueOrDefault(spec.Id);
        Behaviour behaviour = SimContent.Of(spec.Models[0].Digest).Behaviour;
        bool isRefusedByAll = behaviour is Behaviour.FailsGolden or Behaviour.ForeignKey;
        bool isStable = before?.Stable?.Spec.Models[0].Digest == spec.Models[0].Digest;
        bool isNew = before?.Phase != state.Phase || before.Target != state.Target;
        return isRefusedByAll && isNew && before is not null && !isStable && state.Phase == RolloutPhase.Complete
            ? $"{spec.Id}: revision {state.Target} passed on {devices.Length} devices, which all refuse it"
            : null;
    }

    private string Describe(DeviceRow device, DeploymentId id) =>
        $"{device.Id} is asked for {Asked(device).FirstOrDefault(w => w.Deployment == id)?.Revision}, labels "
        + $"{string.Join(' ', device.Labels)}, cordoned {device.Cordoned}";

    /// <summary>
    /// Nobody can run it or be its canary, a group is too small to give one up, or a gate waits for requests while
    /// nobody who serves it is asked anything.
    /// </summary>
    private bool MayWaitForEver(
        DeploymentSpec spec, RolloutState state, ImmutableArray<DeviceRow> devices, SimDevice[] asked)
    {
        if (state.Phase == RolloutPhase.RollingBack)
        {
            return false;
        }

        DeviceRow[] members = [.. devices.Where(d => CanRun(spec, d))];
        GatesSpec gates = spec.Strategy.Gates;
        bool needsRequests = gates.Errors is not null || !gates.Latency.IsEmpty;
        return !members.Any(d => IsCanary(spec.Strategy, d)) || spec.Strategy.Budgets.Length > 0
            || (needsRequests
                && !asked.Any(d => d.Agent?.State.Workloads.GetValueOrDefault(spec.Id)?.Current is { } current
                    && current.Spec.Revision == state.Target));
    }

    /// <summary>The waves as the manual says them, one after the other.</summary>
    private static int Limit(StrategySpec strategy, int population, int canaries, int wave)
    {
        int first = strategy.Canary is null ? 1
            : strategy.Canary.Size is { } size ? Math.Min(Amount(size, population), canaries)
            : canaries;
        int limit = Math.Min(Math.Max(first, 1), population);
        Queue<int> listed = new(strategy.Waves.Select(w => Amount(w, population)));
        while (wave > 0 && limit < population)
        {
            int next = !strategy.Waves.IsEmpty
                ? listed.TryDequeue(out int named) ? named : population
                : limit * strategy.Growth;
            if (next > limit)
            {
                limit = Math.Min(next, population);
                wave--;
            }
        }

        return limit;
    }

    private static int Amount(DeviceAmount amount, int population) =>
        amount.IsPercent ? (int)Math.Ceiling(population * amount.Value / 100.0) : Math.Min(amount.Value, population);

    private static bool IsCanary(StrategySpec strategy, DeviceRow device) =>
        strategy.Canary is null || strategy.Canary.Selector.FirstMismatch(device.Labels) is null;

    /// <summary>Where nothing new may come, what runs there already may change.</summary>
    private bool CanRun(DeploymentSpec spec, DeviceRow device) =>
        device.FactsJson.Length > 0 && spec.Selector.FirstMismatch(device.Labels) is null && HasAll(spec, device)
        && (!device.Cordoned
            || _before.GetValueOrDefault(device.Id, []).Any(w => w.Deployment == spec.Id));

    /// <summary>True unless the device said that it lacks what a graph needs.</summary>
    private static bool HasAll(DeploymentSpec spec, DeviceRow device) =>
        SimContent.Of(spec.Models[0].Digest).Manifest.Graph is null
        || !device.FactsJson.Contains("\"imageDecoding\":\"off\"", StringComparison.Ordinal);

    private static bool Holds(ImmutableArray<WorkloadSpec> workloads, DeploymentId id, long revision) =>
        workloads.Any(w => w.Deployment == id && w.Revision == revision);

    /// <summary>What a device is asked to run.</summary>
    public ImmutableArray<WorkloadSpec> Asked(DeviceRow device)
    {
        var key = (device.Id, device.Desired.Generation, device.Desired.Content);
        if (!_workloads.TryGetValue(key, out ImmutableArray<WorkloadSpec> workloads))
        {
            DesiredRow? row = Done(store.Desired.FindAsync(tenant, device.Id, default));
            workloads = row is not null && SignedMessage.TryParse(row.Signed.AsMemory(), out _) is { } signed
                ? DesiredMessage.TryRead(signed.Body, out _)!.Workloads // The planner wrote it.
                : [];
            _workloads[key] = workloads;
        }

        return workloads;
    }

    /// <summary>A deployment as the store keeps it.</summary>
    public DeploymentSpec Spec(string json)
    {
        if (!_specs.TryGetValue(json, out DeploymentSpec? spec))
        {
            Check.That(DeploymentFormat.TryRead(json, out spec));
            _specs[json] = spec;
        }

        return spec;
    }

    public ImmutableArray<DeploymentRow> Deployments() =>
        Done(store.Deployments.ListAsync(tenant, null, 100, default)).Items;

    public ImmutableArray<DeviceRow> Devices() =>
        Done(store.Devices.ListAsync(tenant, new DeviceQuery(), default)).Items;

    public Dictionary<DeploymentId, RolloutState> States() =>
        Done(store.Rollouts.ListAsync(tenant, null, 100, default)).Items.ToDictionary(r => r.Id, State);

    private static RolloutState State(RolloutRow row)
    {
        Check.That(RolloutFormat.TryRead(row.StateJson, out RolloutState? state));
        return state;
    }

    private static T Done<T>(ValueTask<T> task)
    {
        Check.That(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
