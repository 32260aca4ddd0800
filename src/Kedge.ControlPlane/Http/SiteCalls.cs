using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Content.Pace;
using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Manifests;
using Kedge.Core.Manifests;
using Kedge.Core.Neighbours;
using Kedge.Core.Sites;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about sites. They come and change by <c>POST /api/v1/apply</c>.</summary>
internal static class SiteCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/sites", Access.Viewer, "All sites; watch.", ListAsync),
        new("GET", "/api/v1/sites/{name}", Access.Viewer, "One site, and how its line is used now.", GetAsync),
        new("DELETE", "/api/v1/sites/{name}", Access.Admin, "Removes a site: its devices are not paced.", DeleteAsync),
    ];

    private static async Task ListAsync(Call call)
    {
        if (call.Flag("watch"))
        {
            await WatchStream.RunAsync(
                call, ct => ReadAsync(call, ct), s => s.Name, ApiJson.Default.WatchEventSiteResource)
                .ConfigureAwait(false);
            return;
        }

        ResourceList<SiteResource> list = new()
        {
            Items = await ReadAsync(call, call.Aborted).ConfigureAwait(false),
            Revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListSiteResource).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<SiteResource>> ReadAsync(Call call, CancellationToken ct) =>
        [.. (await SiteLoop.ReadAsync(call.Server.Store, call.Tenant, ct).ConfigureAwait(false)).Select(Shown)];

    private static async Task GetAsync(Call call)
    {
        string name = call.Path("name");
        SiteRow row = await call.Server.Store.Sites.FindAsync(call.Tenant, name, call.Aborted).ConfigureAwait(false)
            ?? throw Call.NotFound($"site '{Call.Shown(name)}'");
        int devices = 0;
        await foreach (DeviceRow device in Pages.DevicesAsync(call.Server, call.Aborted).ConfigureAwait(false))
        {
            devices += device.Labels.GetValueOrDefault(NeighbourLimits.SiteLabel) == name ? 1 : 0;
        }

        SiteResource site = Shown(row) with { Devices = devices };
        if (call.Server.Pace.Of(name)?.Report is SitePaceReport report)
        {
            site = site with
            {
                LimitNow = report.Rates.Line,
                Sending = report.Devices,
                SentBytes = report.Bytes,
                WaitedSeconds = Math.Round(report.Waited.TotalSeconds, 1),
            };
        }

        await call.ReplyAsync(site, ApiJson.Default.SiteResource).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Call call)
    {
        string name = call.Path("name");
        if (!await call.Server.Store.Sites.DeleteAsync(call.Tenant, name, call.Aborted).ConfigureAwait(false))
        {
            throw Call.NotFound($"site '{Call.Shown(name)}'");
        }

        call.Server.Wakeups.Sites.Wake();
        call.Http.Response.StatusCode = 204;
    }

    private static SiteResource Shown(SiteRow row)
    {
        SiteResource site = new() { Name = row.Name, AppliedAtMs = row.AppliedAtMs };
        if (!SiteFormat.TryRead(row.SpecJson, out SiteSpec? spec))
        {
            return site;
        }

        using JsonDocument manifest = JsonDocument.Parse(ManifestJson.Write(ManifestWriter.Write(spec)));
        return site with
        {
            Labels = spec.Labels,
            Limit = spec.Bandwidth.Line.Default,
            PerDevice = spec.Bandwidth.PerDevice,
            TimeZone = spec.Bandwidth.TimeZone,
            Windows = [.. spec.Bandwidth.Line.Windows.Select(WindowText.Of)],
            Manifest = manifest.RootElement.Clone(),
        };
    }
}
