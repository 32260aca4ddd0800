using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.ControlPlane.Http;

/// <summary>The one mapping from a rollout to what the interface shows of it.</summary>
internal static class RolloutMap
{
    /// <summary>The whole of it.</summary>
    public static RolloutResource Of(RolloutReport report)
    {
        RolloutState state = report.State;
        StrategySpec strategy = report.Deployment.Spec.Strategy;
        bool isUnderWay = state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused;
        return new RolloutResource
        {
            Deployment = report.Deployment.Spec.Id.ToString(),
            Strategy = strategy.Kind.ToString(),
            Phase = state.Phase.ToString(),
            Target = state.Target,
            Stable = state.Stable?.Revision ?? 0,
            Wave = isUnderWay ? state.Wave + 1 : 0,
            Waves = isUnderWay ? report.Step.Waves : 0,
            WaveLimit = isUnderWay ? report.Step.WaveLimit : 0,
            Total = report.Total,
            Exposed = report.Exposed,
            Serving = report.Count(MemberStanding.Serving),
            Changing = report.Count(MemberStanding.Changing),
            Failed = report.Count(MemberStanding.Failed),
            Away = report.Away,
            SoakUntilMs = state.SoakFromMs > 0 ? state.SoakFromMs + (long)strategy.Soak.TotalMilliseconds : 0,
            DeadlineMs = state.Phase == RolloutPhase.Progressing && strategy.Deadline > TimeSpan.Zero
                ? state.StartedAtMs + (long)strategy.Deadline.TotalMilliseconds
                : 0,
            StartedAtMs = state.StartedAtMs,
            ChangedAtMs = state.ChangedAtMs,
            Promoted = state.Promoted,
            Code = state.Code,
            Reason = state.Reason,
            Waits = report.Step.Waits,
            Gates = [.. report.Step.Gates.Select(Of)],
            Devices = [.. report.Devices.Select(Of)],
        };
    }

    /// <summary>In few words; null for a strategy without waves.</summary>
    public static RolloutSummary? Summary(DeploymentSnapshot deployment)
    {
        if (deployment.Spec.Strategy.Kind != StrategyKind.Waves)
        {
            return null;
        }

        if (deployment.Rollout is not { } state || state.Target != deployment.Revision)
        {
            return new RolloutSummary(nameof(RolloutPhase.Progressing), 1, "", "");
        }

        int wave = state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused ? state.Wave + 1 : 0;
        return new RolloutSummary(state.Phase.ToString(), wave, state.Code, state.Reason);
    }

    /// <summary>How the rollout of one revision stands or ended; empty when that is not known.</summary>
    public static string PhaseOf(DeploymentSnapshot? deployment, long revision)
    {
        if (deployment is not null && revision == deployment.Revision)
        {
            return Summary(deployment)?.Phase ?? "";
        }

        return deployment?.Rollout?.Stable?.Revision == revision ? nameof(RolloutPhase.Complete) : "";
    }

    private static RolloutGateResource Of(GateReading reading)
    {
        string standing = reading.Standing switch
        {
            GateStanding.Waiting => "waiting",
            GateStanding.Passing => "passing",
            GateStanding.Failed => "failed",
            GateStanding.Unknown => throw Check.Unreachable(reading.Standing),
        };
        return new RolloutGateResource(reading.Gate, standing, reading.Text);
    }

    private static RolloutDeviceResource Of(RolloutDevice device) => new()
    {
        Device = device.Member.Device.ToString(),
        Online = device.Member.Online,
        Revision = device.Member.Held,
        Standing = !device.Fits ? "Unfit" : device.Member.Held == 0 ? "Idle" : device.Member.Standing.ToString(),
        Problem = device.Member.Problem,
        Why = device.Why,
    };
}
