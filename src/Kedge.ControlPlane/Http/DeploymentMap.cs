using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Manifests;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>The one mapping from a deployment's row to what the interface shows of it.</summary>
internal static class DeploymentMap
{
    /// <summary>Shows one deployment against what devices report.</summary>
    public static DeploymentResource Of(DeploymentRow row, DeploymentCounts counts, bool withManifest)
    {
        DeploymentFormat.TryRead(row.SpecJson, out DeploymentSpec? spec);
        return new DeploymentResource
        {
            Name = row.Id.ToString(),
            Labels = spec?.Labels ?? LabelRules.None,
            Revision = row.SpecRevision,
            AppliedAtMs = row.AppliedAtMs,
            Deleting = row.DeletedAtMs > 0,
            Models = spec is null ? [] : ModelsOf(spec),
            Endpoint = spec is null ? "" : Endpoint(spec.Endpoint),
            Devices = counts.Asked,
            Ready = counts.Ready,
            Outdated = counts.Outdated,
            Failing = counts.Failing,
            Rollout = counts.Rollout,
            Manifest = spec is not null && withManifest ? Manifest(spec) : null,
        };
    }

    /// <summary>Models with what their packages were resolved to.</summary>
    public static IReadOnlyList<DeploymentModelResource> ModelsOf(DeploymentSpec spec) =>
        [.. spec.Served.Select(static m => new DeploymentModelResource(m.Name, m.Package, m.Digest.ToString())
        {
            Version = m.Version,
        })];

    private static string Endpoint(EndpointSpec endpoint) =>
        endpoint.Expose == Exposure.Unix ? "unix" : $"loopback:{endpoint.Port}";

    private static JsonElement Manifest(DeploymentSpec spec)
    {
        using JsonDocument document = JsonDocument.Parse(ManifestJson.Write(ManifestWriter.Write(spec)));
        return document.RootElement.Clone();
    }
}
