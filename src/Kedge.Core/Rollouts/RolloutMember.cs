using System.Collections.Immutable;
using Kedge.Core.Device;
using Kedge.Core.Measure;

namespace Kedge.Core.Rollouts;

/// <summary>How a device stands to the revision that it is asked for.</summary>
public enum MemberStanding
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>It has not said yet that it serves what it is asked for.</summary>
    Changing = 1,

    /// <summary>It serves what it is asked for.</summary>
    Serving = 2,

    /// <summary>It gave up on what it is asked for, for good: its own samples, its own start or its crashes refused it.
    /// </summary>
    Failed = 3,
}

/// <summary>One device that a rollout may reach.</summary>
public sealed record RolloutMember
{
    /// <summary>Which.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Its labels.</summary>
    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    /// <summary>True while a connection of it is open.</summary>
    public bool Online { get; init; }

    /// <summary>The revision that its desired state asks for; 0 for none.</summary>
    public long Held { get; init; }

    /// <summary>The release of that revision on this device; none without one.</summary>
    public Digest Release { get; init; }

    /// <summary>
    /// How it stands to that revision; <see cref="MemberStanding.Changing"/> when it is asked for none.
    /// </summary>
    public MemberStanding Standing { get; init; } = MemberStanding.Changing;

    /// <summary>True when some revision of the deployment answers on it, as far as it said.</summary>
    public bool Answers { get; init; }

    /// <summary>Why it does not serve what it is asked for; empty when it does or has not said.</summary>
    public string Problem { get; init; } = "";

    /// <summary>
    /// Why its swap was cold, then what waits frozen on it to come back, or why it does not; empty when there is
    /// nothing to say.
    /// </summary>
    public string Standby { get; init; } = "";

    /// <summary>True when the device waits for a maintenance window, or is held by somebody there.</summary>
    public bool IsHeldBack => DeviceErrors.IsWait(Problem.Split(' ', 2)[0]);

    /// <summary>True while the device compares the release with live requests.</summary>
    public bool IsShadowing => Problem.StartsWith(DeviceErrors.Shadowing.Code, StringComparison.Ordinal);

    /// <summary>
    /// What it measured of the newest releases, oldest first; empty where no gate needs it.
    /// </summary>
    public ImmutableArray<FigureWindow> Figures { get; init; } = [];
}
