using System.Globalization;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Loop;

/// <summary>
/// Carries out <see cref="DeviceEffect.Shadow"/>: looks at each comparison every second until
/// <see cref="ShadowTest"/> has a verdict on it. It decides nothing, and needs no link.
/// <para>Invariants: at most one look per workload is on its way; a comparison that the machine does not want any more
/// is ended and never spoken of again. Lives on the loop.</para>
/// </summary>
/// <param name="parts">What the loop shares.</param>
/// <param name="supervisor">Looks.</param>
/// <param name="reporter">Told how a comparison ended.</param>
/// <param name="step">Gives the machine an event.</param>
internal sealed class ShadowDesk(
    LoopParts parts, IProcessSupervisor supervisor, Reporter reporter, Action<DeviceEvent> step)
{
    private readonly Dictionary<DeploymentId, Comparison> _under = [];

    /// <summary>When the next look is due; null for never.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Grows whenever <see cref="Progress"/> says something else.</summary>
    internal long Version { get; private set; }

    /// <summary>Begins, or goes on with other bounds.</summary>
    internal void Begin(DeviceEffect.Shadow effect) =>
        _under[effect.Instance.Workload] = new Comparison(effect) { NextAt = parts.Clock.Now };

    /// <summary>Looks where it is time, and ends what is not wanted any more.</summary>
    internal void Pump(DeviceState state, CancellationToken cancel)
    {
        Due = null;
        if (_under.Count == 0)
        {
            return;
        }

        foreach (Comparison comparison in _under.Values.ToArray())
        {
            if (!IsWanted(state, comparison.Effect))
            {
                End(comparison, cancel);
            }
            else if (!comparison.IsLooking && comparison.NextAt <= parts.Clock.Now)
            {
                Look(comparison, cancel);
            }
            else if (!comparison.IsLooking && (Due is null || comparison.NextAt < Due))
            {
                Due = comparison.NextAt;
            }
        }
    }

    /// <summary>How far a comparison is, for people; null where none is under way.</summary>
    internal Problem? Progress(DeploymentId workload) =>
        _under.TryGetValue(workload, out Comparison? comparison) ? comparison.Told : null;

    private static bool IsWanted(DeviceState state, DeviceEffect.Shadow effect) =>
        state.Workloads.TryGetValue(effect.Instance.Workload, out WorkloadState? w)
        && w.Phase == WorkloadPhase.Shadowing && w.Candidate?.Id == effect.Instance && w.Current?.Id == effect.Beside;

    private void End(Comparison comparison, CancellationToken cancel)
    {
        DeviceEffect.Shadow effect = comparison.Effect;
        _ = _under.Remove(effect.Instance.Workload);
        parts.Mailbox.Run(c => supervisor.EndShadowAsync(effect.Instance, effect.Beside, c), null, cancel);
    }

    private void Look(Comparison comparison, CancellationToken cancel)
    {
        DeviceEffect.Shadow effect = comparison.Effect;
        comparison.IsLooking = true;
        parts.Mailbox.Run(
            c => supervisor.ShadowAsync(effect.Instance, effect.Beside, effect.Spec, c),
            outcome =>
            {
                comparison.IsLooking = false;
                comparison.NextAt = parts.Clock.Now + AgentLimits.ShadowPeriod;
                if (ReferenceEquals(_under.GetValueOrDefault(effect.Instance.Workload), comparison))
                {
                    Take(comparison, outcome);
                }
            },
            cancel);
    }

    private void Take(Comparison comparison, ShadowOutcome outcome)
    {
        DeviceEffect.Shadow effect = comparison.Effect;
        comparison.FailuresInRow = outcome is ShadowOutcome.Failed ? comparison.FailuresInRow + 1 : 0;
        switch (outcome)
        {
            case ShadowOutcome.Counted counted:
                Judge(comparison, counted.Counts);
                break;
            case ShadowOutcome.TooOld:
                Pass(effect, $"{effect.Beside} is of a version that cannot copy requests: {effect.Instance} serves "
                    + "without a comparison");
                break;
            case ShadowOutcome.Failed failed when comparison.FailuresInRow >= AgentLimits.ShadowFailuresMax:
                step(new DeviceEvent.ShadowFailed(effect.Instance, effect.Beside, Blame.Device, failed.Problem));
                break;
            case ShadowOutcome.Failed or ShadowOutcome.Gone:
                break; // The end of a process is told by itself; everything else is tried again.
        }
    }

    private void Judge(Comparison comparison, ShadowCounts counts)
    {
        DeviceEffect.Shadow effect = comparison.Effect;
        string words = ShadowTest.Words(effect.Spec, counts);
        switch (ShadowTest.Judge(effect.Spec, counts))
        {
            case ShadowVerdict.Passed:
                string dropped = counts.Dropped == 0 ? "" : string.Create(
                    CultureInfo.InvariantCulture, $"; {counts.Dropped} copies were dropped");
                Pass(effect, $"{effect.Instance} {words}{dropped}");
                break;
            case ShadowVerdict.Failed:
                step(new DeviceEvent.ShadowFailed(
                    effect.Instance, effect.Beside, Blame.ReleaseForGood,
                    new Problem(DeviceErrors.ShadowDisagrees.Code, words)));
                break;
            case ShadowVerdict.GoesOn:
                Tell(comparison, words, counts.Time);
                break;
            case ShadowVerdict.Unknown:
                throw Check.Unreachable(comparison);
        }
    }

    private void Pass(DeviceEffect.Shadow effect, string message)
    {
        reporter.Event(new EventMessage
        {
            Reason = "ShadowPassed",
            Workload = effect.Instance.Workload.ToString(),
            Message = StatusReport.Cut(message),
        });
        step(new DeviceEvent.ShadowPassed(effect.Instance, effect.Beside));
    }

    /// <summary>Told now and then: each time is a message for the server.</summary>
    private void Tell(Comparison comparison, string words, TimeSpan time)
    {
        if (comparison.Told is not null && parts.Clock.Now < comparison.TellAt)
        {
            return;
        }

        ShadowSpec spec = comparison.Effect.Spec;
        TimeSpan left = spec.Time - time;
        comparison.TellAt = parts.Clock.Now + AgentLimits.ShadowTellPeriod;
        comparison.Told = new Problem(DeviceErrors.Shadowing.Code, string.Create(
            CultureInfo.InvariantCulture,
            $"{words}; it serves after {spec.MinRequests}, or in {Math.Max(0, Math.Ceiling(left.TotalSeconds))} s"));
        Version++;
    }

    /// <summary>One comparison that is under way.</summary>
    private sealed class Comparison(DeviceEffect.Shadow effect)
    {
        internal DeviceEffect.Shadow Effect { get; } = effect;

        internal TimeSpan NextAt { get; set; }

        internal TimeSpan TellAt { get; set; }

        internal bool IsLooking { get; set; }

        internal int FailuresInRow { get; set; }

        internal Problem? Told { get; set; }
    }
}
