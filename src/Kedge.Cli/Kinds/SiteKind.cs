using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Sites: places whose devices share one line.</summary>
internal static class SiteKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "site",
        Plural = "sites",
        Columns = [new("NAME"), new("LIMIT"), new("PER DEVICE"), new("WINDOWS"), new("ZONE"), new("AGE")],
        List = ListAsync,
        Watch = WatchAsync,
        DeletePath = "sites",
    };

    /// <summary>A limit for people.</summary>
    public static string Rate(long bytesPerSecond) =>
        bytesPerSecond == 0 ? "none" : Quantity.FormatBytes(bytesPerSecond) + "/s";

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        if (query.Name.Length > 0)
        {
            return [Show(await session.Client.GetSiteAsync(query.Name, ct).ConfigureAwait(false), session.NowMs)];
        }

        ResourceList<SiteResource> list = await session.Client.ListSitesAsync(ct).ConfigureAwait(false);
        return [.. list.Items.Select(site => Show(site, session.NowMs))];
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<SiteResource> change in session.Client.WatchSitesAsync(ct).ConfigureAwait(false))
        {
            if (change.Item is SiteResource site)
            {
                yield return new ListedChange(Show(site, session.NowMs), change.Kind == WatchKind.Deleted);
            }
        }
    }

    private static Listed Show(SiteResource site, long nowMs) => new(
        site.Name,
        [
            site.Name,
            Rate(site.Limit),
            Rate(site.PerDevice),
            site.Windows.Count.ToString(CultureInfo.InvariantCulture),
            site.TimeZone,
            Ages.Since(site.AppliedAtMs, nowMs),
        ],
        () => Whole(site));

    private static JsonObject Whole(SiteResource site)
    {
        JsonObject status = ResourceObject.Fields(
            site, ApiJson.Default.SiteResource,
            "name", "labels", "manifest", "limit", "perDevice", "timeZone", "windows");
        if (site.Manifest is JsonElement manifest && JsonObject.Create(manifest) is JsonObject whole)
        {
            whole["status"] = status;
            return whole;
        }

        return ResourceObject.Of(ManifestKinds.Site, site.Name, site.Labels, null, status);
    }
}
