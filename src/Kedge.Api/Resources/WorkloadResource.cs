namespace Kedge.Api.Resources;

/// <summary>One workload of a device.</summary>
public sealed record WorkloadResource
{
    /// <summary>The deployment.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>The phase, lower case: <c>serving</c>, <c>fetching</c>, ...</summary>
    public string Phase { get; init; } = "";

    /// <summary>Revision that is asked for.</summary>
    public long TargetRevision { get; init; }

    /// <summary>Revision that serves; 0 for none.</summary>
    public long ServingRevision { get; init; }

    /// <summary>Release that is asked for.</summary>
    public string TargetRelease { get; init; } = "";

    /// <summary>Release that serves; empty for none.</summary>
    public string ServingRelease { get; init; } = "";

    /// <summary>Packages that serve, as <c>bearing:v2</c>.</summary>
    public IReadOnlyList<string> ServingPackages { get; init; } = [];

    /// <summary>Instance that serves, as <c>bearing-monitor.3</c>.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Process id of that instance; 0 for none.</summary>
    public int Pid { get; init; }

    /// <summary>Where it answers on the device.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Why the target does not run; null when all is well.</summary>
    public ErrorResource? Problem { get; init; }

    /// <summary>What waits frozen to come back, or why it does not; empty when there is nothing to say.</summary>
    public string Standby { get; init; } = "";

    /// <summary>Why what served ended before its successor started; empty when it did not.</summary>
    public string Swap { get; init; } = "";
}
