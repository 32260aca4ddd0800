using Kedge.Core.Fleet;

namespace Kedge.Wire.Reported;

/// <summary>
/// What a device says: one JSON object per message on the topic <c>reported</c>, QoS 1. The sequence grows with each
/// message over all kinds within one incarnation; the server drops what it has committed already.
/// Exactly one of <see cref="Status"/>, <see cref="Facts"/> and <see cref="Event"/> is there.
/// </summary>
public sealed record UpMessage
{
    /// <summary>Version of the message.</summary>
    public int V { get; init; } = 1;

    /// <summary>
    /// Random text made at enrolment: sequences of another installation under the same name do not mix.
    /// </summary>
    public required string Incarnation { get; init; }

    /// <summary>
    /// From 1, growing. Over a gap lie messages that the device dropped, or that a newer one made void.
    /// </summary>
    public required long Sequence { get; init; }

    /// <summary>Device's clock, Unix milliseconds UTC; for people, never for a decision.</summary>
    public required long SentAtMs { get; init; }

    /// <summary>What runs now, whole.</summary>
    public StatusMessage? Status { get; init; }

    /// <summary>What the machine is, whole.</summary>
    public DeviceFacts? Facts { get; init; }

    /// <summary>Something worth remembering.</summary>
    public EventMessage? Event { get; init; }
}

/// <summary>What runs on a device.</summary>
public sealed record StatusMessage
{
    /// <summary>Newest generation that was accepted; 0 for none.</summary>
    public long Generation { get; init; }

    /// <summary>True when every workload of that generation serves its target.</summary>
    public bool Settled { get; init; }

    /// <summary>Version of the agent.</summary>
    public string AgentVersion { get; init; } = "";

    /// <summary>Workloads in order of their names.</summary>
    public IReadOnlyList<WorkloadStatus> Workloads { get; init; } = [];

    /// <summary>Why a newer desired state was not accepted; null when all is well.</summary>
    public ProblemMessage? Refused { get; init; }
}

/// <summary>Why something is not as it should be.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Message">One sentence.</param>
public sealed record ProblemMessage(string Code, string Message);

/// <summary>Something worth remembering.</summary>
public sealed record EventMessage
{
    /// <summary>Camel-case reason, as <c>ReleaseQuarantined</c>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whom it concerns: a deployment's name, or empty for the device.</summary>
    public string Workload { get; init; } = "";

    /// <summary>True when somebody may have to act.</summary>
    public bool Warning { get; init; }

    /// <summary>One sentence.</summary>
    public string Message { get; init; } = "";

    /// <summary>Stable code where there is one.</summary>
    public string Code { get; init; } = "";
}
