using System.Text.Json;

namespace Kedge.Api.Resources;

/// <summary>One device: what is asked of it and what it said last.</summary>
public sealed record DeviceResource
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Revision of the device's row, from 1: the <c>ETag</c>.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// <c>Ready</c>, <c>Progressing</c>, <c>Failing</c>, <c>Stale</c>, <c>Offline</c>, <c>Pending</c> or
    /// <c>Revoked</c>.
    /// </summary>
    public string Status { get; init; } = "";

    /// <summary>True when its link is up.</summary>
    public bool Connected { get; init; }

    /// <summary>When it was last heard, Unix milliseconds; 0 for never.</summary>
    public long LastSeenAtMs { get; init; }

    /// <summary>How long ago that is on the server's clock, in milliseconds; -1 for never.</summary>
    public long LastSeenAgoMs { get; init; } = -1;

    /// <summary>True when it was not heard for too long: what is shown may no longer be so.</summary>
    public bool Stale { get; init; }

    /// <summary>True when it gets nothing new.</summary>
    public bool Cordoned { get; init; }

    /// <summary>True when its certificate counts no more.</summary>
    public bool Revoked { get; init; }

    /// <summary>True when its facts were read from a captured tree of another machine.</summary>
    public bool Simulated { get; init; }

    /// <summary>SHA-256 of its enrolled public key.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>When it enrolled, Unix milliseconds.</summary>
    public long EnrolledAtMs { get; init; }

    /// <summary>When its newest certificate ends, Unix milliseconds.</summary>
    public long CertificateExpiresAtMs { get; init; }

    /// <summary>Version of its agent; empty when unknown.</summary>
    public string AgentVersion { get; init; } = "";

    /// <summary>Instruction set, as <c>x64</c>; empty when unknown.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Generation that is asked for; 0 for none.</summary>
    public long DesiredGeneration { get; init; }

    /// <summary>Generation that the device accepted; 0 for none.</summary>
    public long ReportedGeneration { get; init; }

    /// <summary>True when every workload of the reported generation serves.</summary>
    public bool Settled { get; init; }

    /// <summary>Why the newest desired state was not accepted; null when all is well.</summary>
    public ErrorResource? Refused { get; init; }

    /// <summary>Its workloads, as it reported them last.</summary>
    public IReadOnlyList<WorkloadResource> Workloads { get; init; } = [];

    /// <summary>What the agent found out about the machine; null when it said nothing yet or in a list.</summary>
    public JsonElement? Facts { get; init; }
}

/// <summary>Labels to set or take away; <c>PATCH /api/v1/devices/{name}/labels</c>.</summary>
public sealed record LabelPatch
{
    /// <summary>Value by key; null takes the label away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();
}

/// <summary>Whether a device gets nothing new; <c>PUT /api/v1/devices/{name}/cordon</c>.</summary>
/// <param name="Cordoned">True to cordon.</param>
public sealed record CordonRequest(bool Cordoned);

/// <summary>An endpoint of a deployment on one device.</summary>
public sealed record EndpointResource
{
    /// <summary>The deployment.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>The device.</summary>
    public string Device { get; init; } = "";

    /// <summary>Where it answers on the device: a URL, or a path for a Unix socket.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Packages that answer.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>The phase of the workload.</summary>
    public string Phase { get; init; } = "";

    /// <summary>True when something answers there as far as the device said last.</summary>
    public bool Serving { get; init; }

    /// <summary>How long ago the device was heard, in milliseconds; -1 for never.</summary>
    public long LastSeenAgoMs { get; init; } = -1;

    /// <summary>True when the device was not heard for too long.</summary>
    public bool Stale { get; init; }
}
