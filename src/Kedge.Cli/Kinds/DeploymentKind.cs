using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Commands;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Deployments.</summary>
internal static class DeploymentKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "deployment",
        Plural = "deployments",
        Aliases = ["deploy"],
        Columns =
        [
            new("NAME"), new("READY"), new("OUTDATED"), new("FAILING"), new("REVISION"), new("MODELS"), new("ENDPOINT"),
            new("ROLLOUT"), new("AGE"),
            new("DIGESTS", IsWide: true), new("LABELS", IsWide: true),
        ],
        List = ListAsync,
        Watch = WatchAsync,
        DeletePath = "deployments",
    };

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        if (query.Name.Length > 0)
        {
            return [Show(await session.Client.GetDeploymentAsync(query.Name, ct).ConfigureAwait(false), session.NowMs)];
        }

        ResourceList<DeploymentResource> list = await session.Client.ListDeploymentsAsync(ct).ConfigureAwait(false);
        List<Listed> shown = [];
        foreach (DeploymentResource deployment in list.Items)
        {
            bool lacksManifest = query.IsWhole && deployment.Manifest is null;
            DeploymentResource whole = lacksManifest
                ? await session.Client.GetDeploymentAsync(deployment.Name, ct).ConfigureAwait(false)
                : deployment;
            shown.Add(Show(whole, session.NowMs));
        }

        return [.. shown];
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<DeploymentResource> change in
            session.Client.WatchDeploymentsAsync(ct).ConfigureAwait(false))
        {
            if (change.Item is DeploymentResource deployment)
            {
                yield return new ListedChange(Show(deployment, session.NowMs), change.Kind == WatchKind.Deleted);
            }
        }
    }

    private static Listed Show(DeploymentResource deployment, long nowMs) => new(
        deployment.Name,
        [
            deployment.Name + (deployment.Deleting ? " (deleting)" : ""),
            string.Create(CultureInfo.InvariantCulture, $"{deployment.Ready}/{deployment.Devices}"),
            deployment.Outdated.ToString(CultureInfo.InvariantCulture),
            deployment.Failing.ToString(CultureInfo.InvariantCulture),
            deployment.Revision.ToString(CultureInfo.InvariantCulture),
            string.Join(',', deployment.Models.Select(model => model.Package)),
            deployment.Endpoint,
            RolloutText.Phase(deployment.Rollout),
            Ages.Since(deployment.AppliedAtMs, nowMs),
            string.Join(',', deployment.Models.Select(model => ShortDigest(model.Digest))),
            ResourceObject.Text(deployment.Labels),
        ],
        () => Whole(deployment));

    /// <summary>The first twelve digits of a digest, as people compare them.</summary>
    public static string ShortDigest(string digest) =>
        Core.Digest.TryParse(digest, out Core.Digest parsed) ? parsed.Short : digest;

    private static JsonObject Whole(DeploymentResource deployment)
    {
        JsonObject status = ResourceObject.Fields(
            deployment, ApiJson.Default.DeploymentResource, "name", "labels", "manifest");
        if (deployment.Manifest is JsonElement manifest && JsonObject.Create(manifest) is JsonObject whole)
        {
            whole["status"] = status;
            return whole;
        }

        return ResourceObject.Of(ManifestKinds.Deployment, deployment.Name, deployment.Labels, null, status);
    }
}
