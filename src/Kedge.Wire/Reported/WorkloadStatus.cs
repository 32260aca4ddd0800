namespace Kedge.Wire.Reported;

/// <summary>One workload on a device.</summary>
public sealed record WorkloadStatus
{
    /// <summary>The deployment.</summary>
    public string Name { get; init; } = "";

    /// <summary>The phase, lower case: <c>serving</c>, <c>fetching</c>, ...</summary>
    public string Phase { get; init; } = "";

    /// <summary>Release that is asked for; empty when it is going.</summary>
    public string TargetRelease { get; init; } = "";

    /// <summary>Revision that is asked for.</summary>
    public long TargetRevision { get; init; }

    /// <summary>Release that serves; empty when none does.</summary>
    public string ServingRelease { get; init; } = "";

    /// <summary>Revision that serves; 0 when none does.</summary>
    public long ServingRevision { get; init; }

    /// <summary>Packages that serve, as <c>bearing:v2</c>, in the order of the deployment.</summary>
    public IReadOnlyList<string> ServingPackages { get; init; } = [];

    /// <summary>Instance that serves, as <c>bearing-monitor.3</c>; empty when none does.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Process id of that instance; 0 when none serves.</summary>
    public int Pid { get; init; }

    /// <summary>Where it answers: a URL, or a path for a Unix socket.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Why the target does not run; null when all is well.</summary>
    public ProblemMessage? Problem { get; init; }

    /// <summary>
    /// What waits frozen to come back, as which instance, until when and with how much memory; or why it does not. Null
    /// when there is nothing to say.
    /// </summary>
    public string? Standby { get; init; }

    /// <summary>Why what served ended before its successor started; null when it did not.</summary>
    public string? Swap { get; init; }
}
