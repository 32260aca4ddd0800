using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Placement;

namespace Kedge.Core.Rollouts;

/// <summary>
/// Explains one rollout to people: where it stands and, device by device, who has the target and why. It is made from
/// the plan that would be carried out now, so that the reason shown is the reason used.
/// </summary>
public sealed record RolloutReport
{
    /// <summary>The newest revision.</summary>
    public required DeploymentSnapshot Deployment { get; init; }

    /// <summary>Where it stands: what is stored, or what the first plan of this revision begins with.</summary>
    public required RolloutState State { get; init; }

    /// <summary>The next step.</summary>
    public required RolloutStep Step { get; init; }

    /// <summary>
    /// Devices that it may reach, then those that cannot run the target, each in order of their names.
    /// </summary>
    public required ImmutableArray<RolloutDevice> Devices { get; init; }

    /// <summary>True while the target is taken back, and after.</summary>
    public bool GoesBack => State.Phase is RolloutPhase.RollingBack or RolloutPhase.RolledBack;

    /// <summary>The revision that it brings: the target, or the stable one when it goes back; 0 for none.</summary>
    public long Brings => GoesBack ? State.Stable?.Revision ?? 0 : State.Target;

    /// <summary>Devices that it may reach.</summary>
    public int Total => Devices.Count(static d => d.Fits);

    /// <summary>Devices that are asked for the target.</summary>
    public int Exposed => Devices.Count(d => d.Member.Held == State.Target);

    /// <summary>Devices that stand so to what it brings.</summary>
    /// <param name="standing">How.</param>
    public int Count(MemberStanding standing) => Devices.Count(d => d.Fits && d.Member.Standing == standing
        && d.Member.Held == Brings && (standing != MemberStanding.Changing || d.Member.Online));

    /// <summary>Devices of it that are not connected.</summary>
    public int Away => Devices.Count(static d => d.Fits && !d.Member.Online);

    /// <summary>Explains; null for a deployment that is being deleted or is not there.</summary>
    /// <param name="snapshot">The fleet.</param>
    /// <param name="plan">The plan that was made from it.</param>
    /// <param name="id">Which deployment.</param>
    public static RolloutReport? Of(FleetSnapshot snapshot, FleetPlan plan, DeploymentId id)
    {
        RolloutStep? step = plan.Rollouts.FirstOrDefault(r => r.Deployment == id);
        if (step is null)
        {
            return null;
        }

        DeploymentSnapshot deployment = snapshot.Deployments.First(d => d.Spec.Id == id);
        RolloutState state = deployment.Rollout is { } held && held.Target == deployment.Revision ? held : step.State;
        RolloutReport bare = new() { Deployment = deployment, State = state, Step = step, Devices = [] };
        Dictionary<DeviceId, RolloutMember> members = step.Members.ToDictionary(m => m.Device);
        ImmutableSortedDictionary<DeviceId, PlacementVerdict> verdicts = plan.Reports[id].Verdicts;
        int exposed = step.Members.Count(m => m.Held == state.Target);
        List<RolloutDevice> fit = [];
        List<RolloutDevice> unfit = [];
        foreach (DeviceSnapshot device in snapshot.Devices.Where(d => !d.Revoked).OrderBy(d => d.Id))
        {
            RolloutMember member = members.GetValueOrDefault(device.Id) ?? FleetMembers.Member(id, device);
            PlacementVerdict? verdict = verdicts.GetValueOrDefault(device.Id);
            if (members.ContainsKey(device.Id) || member.Held > 0 || verdict is PlacementVerdict.Chosen)
            {
                fit.Add(new RolloutDevice(member, Fits: true, bare.Why(member, verdict, exposed)));
            }
            else if (deployment.Spec.Selector.FirstMismatch(device.Labels) is null)
            {
                unfit.Add(new RolloutDevice(member, Fits: false, Refusal(verdict) ?? Refusal(
                    PlacementPlanner.Place(deployment.Spec, device, snapshot.Packages, new ResourcesTaken(0, 0)))
                    ?? "it does not fit beside what runs there"));
            }
        }

        return bare with { Devices = [.. fit, .. unfit] };
    }

    private static string? Refusal(PlacementVerdict? verdict) =>
        verdict is PlacementVerdict.Refused { Findings: [var first, ..] } ? first.Message : null;

    private string Why(RolloutMember member, PlacementVerdict? verdict, int exposed)
    {
        if (member.Held == Brings && Brings > 0)
        {
            return WhyHeld(member);
        }

        FormattableString text = GoesBack switch
        {
            true when member.Held == State.Target => $"is still asked for revision {State.Target} and will go back",
            true when Brings == 0 => $"runs nothing: there is no stable revision",
            true => $"is about to be asked for revision {Brings}",
            false when member.Online && Refusal(verdict) is { } refusal =>
                $"keeps revision {member.Held}: {refusal}",
            false => $"{WhyNotYet(member, exposed)}",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    private string WhyHeld(RolloutMember member)
    {
        FormattableString text = member.Standing switch
        {
            MemberStanding.Serving when member.Standby.Length > 0 =>
                $"serves revision {member.Held}; {member.Standby}",
            MemberStanding.Serving => $"serves revision {member.Held}",
            MemberStanding.Failed => $"gave revision {member.Held} up: {member.Problem}",
            _ when !member.Online => $"is asked for revision {member.Held} and is away",
            _ when member.IsHeldBack => $"waits to take revision {member.Held}: {member.Problem}",
            _ when member.IsShadowing => $"compares revision {member.Held} before it serves: {member.Problem}",
            _ when member.Problem.Length > 0 => $"tries revision {member.Held} again: {member.Problem}",
            _ => $"is taking revision {member.Held}",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    private string WhyNotYet(RolloutMember member, int exposed)
    {
        if (!member.Online)
        {
            return "is away and will follow when it returns";
        }

        bool isWaiting = State.Phase == RolloutPhase.Progressing && !Step.Exposes.Contains(member.Device);
        return State.Phase == RolloutPhase.Paused ? "waits: the rollout is paused"
            : isWaiting && exposed >= Step.WaveLimit ? "its turn comes in a later wave"
            : isWaiting && State.Wave == 0 && !WavePlan.IsCanary(Deployment.Spec.Strategy, member)
                ? "is no canary; its turn comes in a later wave"
            : isWaiting && Step.Waits.Length > 0 ? $"waits in this wave: {string.Join("; ", Step.Waits)}"
            : "is about to be asked for it";
    }
}

/// <summary>One device of a rollout, explained.</summary>
/// <param name="Member">How it stands.</param>
/// <param name="Fits">False when it cannot run the target: no rollout reaches it.</param>
/// <param name="Why">Why it has the target, or has not, as the rest of a sentence about the device.</param>
public sealed record RolloutDevice(RolloutMember Member, bool Fits, string Why);
