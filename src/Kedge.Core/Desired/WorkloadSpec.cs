using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Models;

namespace Kedge.Core.Desired;

/// <summary>
/// What one device is to run for one deployment: nothing in it is left to choose. Two specs with the same
/// <see cref="Digest"/> are the same release; a different digest means a new instance and a swap.
/// </summary>
public sealed record WorkloadSpec : IEquatable<WorkloadSpec>
{
    /// <summary>The deployment, which names the workload on the device.</summary>
    public required DeploymentId Deployment { get; init; }

    /// <summary>The deployment's revision, from 1: for people; not part of the digest.</summary>
    public required long Revision { get; init; }

    /// <summary>SHA-256 over the canonical JSON of everything below, computed by <c>Kedge.Wire</c>.</summary>
    public required Digest Digest { get; init; }

    /// <summary>The models to serve, 1..16.</summary>
    public required ImmutableArray<WorkloadModel> Models { get; init; }

    /// <summary>Where it answers.</summary>
    public required EndpointSpec Endpoint { get; init; }

    /// <summary>Limits that the sandbox enforces.</summary>
    public required ResourceSpec Resources { get; init; }

    /// <summary>Processors: <c>auto</c> or a list.</summary>
    public required string CpuSet { get; init; }

    /// <summary>Whether it may run without a sandbox.</summary>
    public required SandboxRule Sandbox { get; init; }

    /// <summary>Memory that all models may take together, in bytes; 0 for no bound of its own.</summary>
    public long ModelMemoryBytes { get; init; }

    /// <summary>
    /// How long figures are collected before a window of them closes, within <see cref="Limits.FigureWindowMin"/> and
    /// <see cref="Limits.FigureWindowMax"/>; not part of the digest.
    /// </summary>
    public TimeSpan FigureWindow { get; init; } = Limits.FigureWindow;

    /// <summary>
    /// When the device may replace a release of it that serves, 0..16, by its local time; empty for always. Not part of
    /// the digest.
    /// </summary>
    public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>
    /// So many in a million of its golden samples must agree before it may serve, 0..1,000,000; 0 for as many as each
    /// package asks for. Not part of the digest.
    /// </summary>
    public int GoldenPpm { get; init; }

    /// <summary>
    /// How it is compared with the release that serves before it gets requests; null for not. Not part of the digest.
    /// </summary>
    public ShadowSpec? Shadow { get; init; }

    /// <summary>
    /// How long what it replaces waits frozen to come back, up to <see cref="Limits.StandbyMax"/>; zero for not at all.
    /// Not part of the digest.
    /// </summary>
    public TimeSpan StandbyFor { get; init; }

    /// <summary>
    /// Whether what it replaces goes on serving until it is ready. Not part of the digest.
    /// </summary>
    public SwapRule Swap { get; init; } = SwapRule.Auto;

    /// <summary>
    /// True when values of its requests are counted beside the references of its packages. Not part of the digest.
    /// </summary>
    public bool CountsValues { get; init; }

    /// <summary>
    /// How many bytes per second its content may take at most on the way to the device; 0 for as fast as the link
    /// allows. Not part of the digest.
    /// </summary>
    public long FetchBytesPerSecond { get; init; }

    /// <summary>How an instance that serves is asked whether it still answers; not part of the digest.</summary>
    public ProbeSpec Probe { get; init; } = ProbeSpec.Default;

    /// <summary>Same release: the digests are equal.</summary>
    public bool Equals(WorkloadSpec? other) => other is not null && Digest == other.Digest;

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode();
}

/// <summary>One model of a workload, down to the variant.</summary>
/// <param name="Name">The name under which it is served.</param>
/// <param name="Package">Digest of the signed package manifest.</param>
/// <param name="PackageLabel">What the user wrote, as <c>bearing:v2</c>: for people; not part of the digest.</param>
/// <param name="Variant">Name of the variant that was chosen for this device.</param>
/// <param name="Accelerator">What it runs on.</param>
public sealed record WorkloadModel(
    string Name, Digest Package, string PackageLabel, string Variant, AcceleratorKind Accelerator)
{
    /// <summary>
    /// Version in the address: its tag, where several versions of the model may be served; empty for the revision of
    /// the
    /// deployment.
    /// </summary>
    public string Version { get; init; } = "";

    /// <summary>What tells it from every other model of the workload, fit for the name of a file.</summary>
    public string Key => KeyOf(Name, Version);

    /// <summary>A model's <see cref="Key"/>: a name has no dot.</summary>
    public static string KeyOf(string name, string version) => version.Length == 0 ? name : $"{name}.{version}";

    /// <summary>How it is run.</summary>
    public ServingSpec Serving { get; init; } = ServingSpec.Default;
}
