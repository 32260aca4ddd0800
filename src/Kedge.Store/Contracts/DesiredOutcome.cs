using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a plan.</summary>
[Closed]
public abstract record DesiredOutcome
{
    private DesiredOutcome()
    {
    }

    /// <summary>All of it holds.</summary>
    /// <param name="Revision">Store revision of the commit.</param>
    public sealed record Committed(long Revision) : DesiredOutcome;

    /// <summary>
    /// Somebody planned first, the floor was raised, or other hardware took the name. Nothing changed: plan again.
    /// </summary>
    /// <param name="Device">First device that differs.</param>
    /// <param name="Held">What it has.</param>
    public sealed record Conflict(DeviceId Device, DesiredHead Held) : DesiredOutcome;

    /// <summary>A device is gone or revoked. Nothing changed.</summary>
    /// <param name="Device">Which.</param>
    public sealed record UnknownDevice(DeviceId Device) : DesiredOutcome;

    /// <summary>
    /// A rollout was changed first, or its deployment is gone. Nothing changed: plan again.
    /// </summary>
    /// <param name="Deployment">First deployment that differs.</param>
    /// <param name="Held">Revision that its row has; 0 when there is none.</param>
    public sealed record RolloutConflict(DeploymentId Deployment, long Held) : DesiredOutcome;
}
