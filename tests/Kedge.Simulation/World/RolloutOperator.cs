using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.Simulation.World;

/// <summary>A person with strategies of every kind, who now and then pauses, resumes, promotes and aborts.</summary>
internal sealed class RolloutOperator(MemoryStore store, TenantId tenant, Rng rng)
{
    /// <summary>A strategy: everybody at once, or waves of some shape.</summary>
    public StrategySpec Draw()
    {
        ShadowSpec? shadow = DrawShadow();
        if (rng.Below(3) == 0)
        {
            return new StrategySpec
            {
                Shadow = shadow,
                Standby = TimeSpan.FromSeconds(rng.Below(60)),
                Swap = DrawSwap(shadow),
            };
        }

        LabelSelector press = new() { MatchLabels = LabelRules.None.SetItem("line", "press") };
        return new StrategySpec
        {
            Kind = StrategyKind.Waves,
            Canary = rng.Below(5) switch
            {
                0 => new CanarySpec(new DeviceAmount(2, IsPercent: false), new LabelSelector()),
                1 => new CanarySpec(new DeviceAmount(30, IsPercent: true), new LabelSelector()),
                2 => new CanarySpec(rng.Below(2) == 0 ? null : new DeviceAmount(1, IsPercent: false), press),
                _ => null,
            },
            Waves = rng.Below(3) switch
            {
                0 => [new DeviceAmount(3, IsPercent: false), new DeviceAmount(80, IsPercent: true)],
                _ => [],
            },
            Growth = 2 + rng.Below(2),
            Soak = TimeSpan.FromSeconds(rng.Below(30)),
            MaxUnavailable = rng.Below(3) == 0 ? new DeviceAmount(1, IsPercent: false) : null,
            Budgets = rng.Below(4) == 0 ? [new BudgetSpec("line", 1)] : [],
            MaxFailures = rng.Below(3) == 0 ? 1 : 0,
            Deadline = rng.Below(4) == 0 ? TimeSpan.FromSeconds(60 + rng.Below(60)) : TimeSpan.Zero,
            Gates = rng.Below(3) > 0 ? DrawGates() : new GatesSpec(),
            Shadow = shadow,
            Swap = DrawSwap(shadow),
        };
    }

    /// <summary>Simulated releases ask for no memory: only the word makes a swap cold.</summary>
    /// <summary>A swap that is always cold leaves nothing to compare with: nobody may ask for both.</summary>
    private SwapRule DrawSwap(ShadowSpec? shadow) =>
        rng.Below(3) == 0 && shadow is null ? SwapRule.Cold : SwapRule.Auto;

    private ShadowSpec? DrawShadow() => rng.Below(3) > 0 ? null : new ShadowSpec
    {
        MinRequests = 10 + rng.Below(200),
        Time = TimeSpan.FromSeconds(10 + rng.Below(50)),
    };

    /// <summary>Gates of every kind, at least one.</summary>
    public GatesSpec DrawGates()
    {
        long least = 50 + rng.Below(50);
        GatesSpec gates = new()
        {
            Window = TimeSpan.FromSeconds(20 + rng.Below(40)),
            Errors = rng.Below(3) switch
            {
                0 => null,
                1 => new ErrorGate(20_000, null, least),
                _ => new ErrorGate(20_000, 10_000, least),
            },
            Latency = rng.Below(3) switch
            {
                0 => [],
                1 => [new LatencyGate(950, 25_000, null, least)],
                _ => [new LatencyGate(500, null, 1_300, least)],
            },
            Memory = rng.Below(2) == 0 ? null : new MemoryGate(100L * Limits.MiB, null),
            MaxRestarts = rng.Below(3) == 0 ? 3 : null,
        };
        return gates.IsEmpty ? gates with { Errors = new ErrorGate(20_000, null, least) } : gates;
    }

    /// <summary>Does something to a rollout, where it is possible.</summary>
    public void Interfere(DeploymentId deployment, long nowMs)
    {
        int what = rng.Below(8);
        Edit(deployment, nowMs, state => what switch
        {
            0 or 1 or 2 => RolloutPlanner.Pause(state, "ada", nowMs),
            3 or 4 => RolloutPlanner.Resume(state, nowMs),
            5 => RolloutPlanner.Abort(state, "ada", nowMs),
            _ => RolloutPlanner.Promote(state, nowMs),
        });
    }

    /// <summary>Nobody leaves a rollout paused for ever.</summary>
    public void ResumeAll(long nowMs)
    {
        foreach (RolloutRow row in Done(store.Rollouts.ListAsync(tenant, null, 100, default)).Items)
        {
            Edit(row.Id, nowMs, state => RolloutPlanner.Resume(state, nowMs));
        }
    }

    private void Edit(DeploymentId deployment, long nowMs, Func<RolloutState, RolloutState?> edit)
    {
        RolloutRow? row = Done(store.Rollouts.FindAsync(tenant, deployment, default));
        if (row is null || !RolloutFormat.TryRead(row.StateJson, out RolloutState? state)
            || edit(state) is not { } next)
        {
            return;
        }

        RolloutWrite write = new()
        {
            Id = deployment,
            Parent = row.Revision,
            StateJson = RolloutFormat.Write(next),
            AtMs = nowMs,
        };
        Check.That(Done(store.Rollouts.SaveAsync(tenant, write, default)) is CasOutcome.Done);
    }

    private static T Done<T>(ValueTask<T> task)
    {
        Check.That(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
