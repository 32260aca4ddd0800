using Kedge.Api.Resources;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Http;

/// <summary>How far a deployment has come.</summary>
internal sealed class DeploymentCounts
{
    /// <summary>Devices that are to run it, as far as they reported.</summary>
    public int Asked { get; private set; }

    /// <summary>Devices on which the newest revision serves.</summary>
    public int Ready { get; private set; }

    /// <summary>Devices on which an older one serves.</summary>
    public int Outdated { get; private set; }

    /// <summary>Devices that report a problem with it.</summary>
    public int Failing { get; private set; }

    /// <summary>Where its rollout stands; null when its strategy knows no waves.</summary>
    public RolloutSummary? Rollout { get; set; }

    /// <summary>Counts one device's workload.</summary>
    public void Add(WorkloadStatus? status, long revision, bool asked)
    {
        Asked += asked ? 1 : 0;
        Ready += status is not null && status.ServingRevision == revision ? 1 : 0;
        Outdated += status is not null && status.ServingRevision > 0 && status.ServingRevision != revision ? 1 : 0;
        Failing += status?.Problem is not null ? 1 : 0;
    }
}
