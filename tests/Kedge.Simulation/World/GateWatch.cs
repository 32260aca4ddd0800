using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Simulation.Time;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.Simulation.World;

/// <summary>
/// Looks once a second at what devices told and at where rollouts stand: what clearly broke a gate is taken back soon,
/// and passes never. Counts what gates found, and how often they were wrong.
/// </summary>
internal sealed class GateWatch(
    MemoryStore store, TenantId tenant, RolloutWatch rollouts, SimScheduler scheduler, bool isOldGood)
{
    /// <summary>
    /// A plan is made within a second of fresh figures; a replica that has just come plans within ten.
    /// </summary>
    private static readonly TimeSpan HaltsWithin = TimeSpan.FromSeconds(15);

    private readonly HashSet<(DeploymentId, long)> _begun = [];
    private readonly HashSet<(DeploymentId, long)> _ended = [];
    private Dictionary<DeploymentId, (long Target, TimeSpan Since, string What)> _clear = [];

    public GateVerdicts Verdicts { get; } = new();

    /// <summary>The database was put back: what comes is not compared with what was.</summary>
    public void Restored()
    {
        _begun.Clear();
        _ended.Clear();
        _clear.Clear();
    }

    /// <summary>What is broken now; null for nothing.</summary>
    /// <param name="isServerUp">False while no replica could have planned.</param>
    public string? WhatIsBroken(bool isServerUp)
    {
        Dictionary<DeploymentId, RolloutState> states = rollouts.States();
        Dictionary<DeploymentId, (long, TimeSpan, string)> clear = [];
        string? broken = null;
        foreach (DeploymentRow row in rollouts.Deployments().Where(static r => r.DeletedAtMs == 0))
        {
            DeploymentSpec spec = rollouts.Spec(row.SpecJson);
            if (spec.Strategy is not { Kind: StrategyKind.Waves, Gates.IsEmpty: false }
                || !states.TryGetValue(row.Id, out RolloutState? state) || state.Target != row.SpecRevision)
            {
                continue;
            }

            Count(spec, state);
            bool wasClear = _clear.TryGetValue(row.Id, out var before) && before.Target == state.Target;
            if (wasClear && state.Phase == RolloutPhase.Complete)
            {
                broken ??= $"{row.Id}: revision {state.Target} passed though {before.What}";
            }

            if (state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused && Broken(spec, state) is { } what)
            {
                TimeSpan since = wasClear && isServerUp ? before.Since : scheduler.Now;
                clear[row.Id] = (state.Target, since, what);
                broken ??= scheduler.Now - since > HaltsWithin
                    ? $"{row.Id}: revision {state.Target} is {state.Phase} {HaltsWithin} after {what}; {spec.Strategy}"
                    : null;
            }
        }

        _clear = clear;
        return broken;
    }

    private string? Broken(DeploymentSpec spec, RolloutState state)
    {
        GateEvidence evidence = new(spec.Strategy, state.StartedAtMs, isOldGood);
        Dictionary<DeviceId, FiguresRow> told = Done(store.Figures.ListAsync(tenant, spec.Id, null, 1000, default))
            .Items.ToDictionary(static r => r.Device);
        foreach (DeviceRow device in rollouts.Devices())
        {
            if (told.TryGetValue(device.Id, out FiguresRow? row)
                && rollouts.Asked(device).FirstOrDefault(w => w.Deployment == spec.Id) is { } asked)
            {
                evidence.Add(FiguresRowFormat.Read(row.Json, spec.Id), asked.Digest, asked.Revision == state.Target);
            }
        }

        return evidence.Broken();
    }

    private void Count(DeploymentSpec spec, RolloutState state)
    {
        Behaviour behaviour = SimContent.Of(spec.Models[0].Digest).Behaviour;
        bool isBad = behaviour is >= Behaviour.Slow and not Behaviour.Hangs;
        if (state.Phase == RolloutPhase.Progressing && _begun.Add((spec.Id, state.Target)))
        {
            GatesSpec gates = spec.Strategy.Gates;
            int limits = (gates.Errors?.MaxPpm is null ? 0 : 1) + (gates.Errors?.MaxIncreasePpm is null ? 0 : 1)
                + gates.Latency.Length;
            Verdicts.Bad += isBad ? 1 : 0;
            Verdicts.LimitsOfGood += behaviour == Behaviour.Good ? limits : 0;
        }

        bool isTakenBack = state.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack
            && (state.Code == RolloutErrors.GateFailed.Code
                || state.Reason.Contains(RolloutErrors.DeviceGateFailed.Code, StringComparison.Ordinal));
        if (isTakenBack && _ended.Add((spec.Id, state.Target)))
        {
            Verdicts.Found += isBad ? 1 : 0;
            Verdicts.FalseAlarms += behaviour == Behaviour.Good && state.Code == RolloutErrors.GateFailed.Code ? 1 : 0;
        }
    }

    private static T Done<T>(ValueTask<T> task)
    {
        Check.That(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
