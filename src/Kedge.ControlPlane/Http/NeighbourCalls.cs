using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Neighbours;
using Kedge.Store.Contracts;
using Kedge.Wire.Neighbours;

namespace Kedge.ControlPlane.Http;

/// <summary>What a device is told of the other devices of its site.</summary>
internal static class NeighbourCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/v1/neighbours", Access.Device,
            "Devices of the same site that may be fetched from; If-None-Match is answered.", RosterAsync),
    ];

    private static async Task RosterAsync(Call call)
    {
        DeviceRow row = await call.Server.Store.Devices
            .FindAsync(call.Tenant, call.Device.Device, call.Aborted).ConfigureAwait(false)
            ?? throw Call.NotFound($"device '{call.Device.Device}'");
        string site = row.Labels.GetValueOrDefault(NeighbourLimits.SiteLabel, "");
        byte[] bytes = NeighbourFormat.Write(
            await call.Server.Rosters.OfAsync(site, call.Aborted).ConfigureAwait(false));
        string tag = $"\"{Digest.Of(bytes)}\"";
        call.Http.Response.Headers.ETag = tag;
        call.Http.Response.Headers.CacheControl = "private, no-cache";
        if (IsHeld(call, tag))
        {
            call.Http.Response.StatusCode = 304;
            return;
        }

        call.Http.Response.ContentType = "application/json";
        call.Http.Response.ContentLength = bytes.Length;
        await call.Http.Response.Body.WriteAsync(bytes, call.Aborted).ConfigureAwait(false);
    }

    /// <summary>True when the caller holds this very answer (RFC 9110 §13.1.2).</summary>
    private static bool IsHeld(Call call, string tag) => call.Http.Request.Headers.IfNoneMatch
        .SelectMany(static line => (line ?? "").Split(','))
        .Select(static t => t.Trim())
        .Any(t => t == "*" || t == tag || t == $"W/{tag}");
}
