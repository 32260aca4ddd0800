using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Models.</summary>
internal static class ModelKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "model",
        Plural = "models",
        Columns =
        [
            new("NAME"), new("TAGS"), new("PACKAGES"), new("NEWEST"), new("DIGESTS", IsWide: true),
        ],
        List = ListAsync,
        Watch = WatchAsync,
    };

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        if (query.Name.Length > 0)
        {
            return [Show(await session.Client.GetModelAsync(query.Name, ct).ConfigureAwait(false), session.NowMs)];
        }

        ResourceList<ModelResource> list = await session.Client.ListModelsAsync(ct).ConfigureAwait(false);
        return [.. list.Items.Select(model => Show(model, session.NowMs))];
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<ModelResource> change in session.Client.WatchModelsAsync(ct).ConfigureAwait(false))
        {
            if (change.Item is ModelResource model)
            {
                yield return new ListedChange(Show(model, session.NowMs), change.Kind == WatchKind.Deleted);
            }
        }
    }

    private static Listed Show(ModelResource model, long nowMs) => new(
        model.Name,
        [
            model.Name,
            string.Join(',', model.Tags.Select(tag => tag.Tag)),
            model.Packages.ToString(CultureInfo.InvariantCulture),
            Ages.Since(model.NewestAtMs, nowMs),
            string.Join(',', model.Tags.Select(tag => $"{tag.Tag}={DeploymentKind.ShortDigest(tag.Digest)}")),
        ],
        () => ResourceObject.Of(
            ManifestKinds.Model,
            model.Name,
            null,
            new JsonObject
            {
                ["tags"] = ResourceObject.Labels(model.Tags.ToDictionary(tag => tag.Tag, tag => tag.Digest)),
            },
            ResourceObject.Fields(model, ApiJson.Default.ModelResource, "name", "tags")));
}
