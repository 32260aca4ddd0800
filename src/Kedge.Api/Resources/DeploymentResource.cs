using System.Text.Json;

namespace Kedge.Api.Resources;

/// <summary>One deployment with a count of how far it has come.</summary>
public sealed record DeploymentResource
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The user's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its revision, from 1, growing with every change: the <c>ETag</c>.</summary>
    public long Revision { get; init; }

    /// <summary>When this revision was applied, Unix milliseconds.</summary>
    public long AppliedAtMs { get; init; }

    /// <summary>True while it is being taken off its devices.</summary>
    public bool Deleting { get; init; }

    /// <summary>Its models with what their packages were resolved to.</summary>
    public IReadOnlyList<DeploymentModelResource> Models { get; init; } = [];

    /// <summary>Where it answers: <c>loopback:8500</c> or <c>unix</c>.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Devices that are to run it.</summary>
    public int Devices { get; init; }

    /// <summary>Devices on which this revision serves.</summary>
    public int Ready { get; init; }

    /// <summary>Devices on which an older revision serves.</summary>
    public int Outdated { get; init; }

    /// <summary>Devices that report a problem with it.</summary>
    public int Failing { get; init; }

    /// <summary>Where its rollout stands; null when its strategy knows no waves or nothing is planned yet.</summary>
    public RolloutSummary? Rollout { get; init; }

    /// <summary>
    /// The whole as a manifest, ready to be applied again: <c>apiVersion</c>, <c>kind</c>, <c>metadata</c>,
    /// <c>spec</c>.
    /// </summary>
    public JsonElement? Manifest { get; init; }
}

/// <summary>One model of a deployment.</summary>
/// <param name="Name">The name under which it is served.</param>
/// <param name="Package">As the user wrote it.</param>
/// <param name="Digest">What it was resolved to.</param>
public sealed record DeploymentModelResource(string Name, string Package, string Digest)
{
    /// <summary>
    /// Version in its address, where the deployment says which versions are served; empty where it does not. Of several
    /// versions the first answers where a request names none.
    /// </summary>
    public string Version { get; init; } = "";
}

/// <summary>One revision of a deployment.</summary>
public sealed record RevisionResource
{
    /// <summary>Its number.</summary>
    public long Revision { get; init; }

    /// <summary>When it was applied, Unix milliseconds.</summary>
    public long AppliedAtMs { get; init; }

    /// <summary>True for the one that is asked for now.</summary>
    public bool Current { get; init; }

    /// <summary>
    /// How its rollout stands or ended, as <see cref="RolloutResource.Phase"/>; empty when that is not known any more.
    /// </summary>
    public string Phase { get; init; } = "";

    /// <summary>Its models.</summary>
    public IReadOnlyList<DeploymentModelResource> Models { get; init; } = [];
}

/// <summary>Why each device was or was not chosen for a deployment.</summary>
public sealed record ExplanationResource
{
    /// <summary>The deployment.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>Its revision.</summary>
    public long Revision { get; init; }

    /// <summary>Every device of the fleet, in order of their names; or the one that was asked for.</summary>
    public IReadOnlyList<DeviceExplanation> Devices { get; init; } = [];
}

/// <summary>Why one device was or was not chosen.</summary>
public sealed record DeviceExplanation
{
    /// <summary>The device.</summary>
    public string Device { get; init; } = "";

    /// <summary><c>Chosen</c>, <c>NotMatched</c>, <c>Rejected</c> or <c>KeepsOld</c>.</summary>
    public string Verdict { get; init; } = "";

    /// <summary>Stable code of the reason; empty when chosen, or not meant for it.</summary>
    public string Code { get; init; } = "";

    /// <summary>Sentences for people, the deciding one first.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Variant per model, as <c>bearing=cpu-fp32</c>; empty when not chosen.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>How well the device fits, higher is better; 0 when not chosen.</summary>
    public long Score { get; init; }
}
