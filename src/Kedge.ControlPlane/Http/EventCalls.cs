using System.Collections.Immutable;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about what happened.</summary>
internal static class EventCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/events", Access.Viewer,
            "What happened, newest first; device, deployment, limit, watch.", ListAsync),
    ];

    private static async Task ListAsync(Call call)
    {
        EventQuery query = new()
        {
            Device = Device(call.Query("device")),
            Deployment = Deployment(call.Query("deployment")),
            RowsMax = (int)call.Number("limit", 100, 1, StoreLimits.PageRowsMax),
        };
        if (call.Flag("watch"))
        {
            long seen = 0;
            await WatchStream.RunAsync(
                call,
                async ct =>
                {
                    (IReadOnlyList<EventResource> items, seen) =
                        await NewAsync(call, query, seen, ct).ConfigureAwait(false);
                    return items;
                },
                ApiJson.Default.WatchEventEventResource).ConfigureAwait(false);
            return;
        }

        Page<EventRow> page =
            await call.Server.Store.Events.ListAsync(call.Tenant, query, call.Aborted).ConfigureAwait(false);
        ResourceList<EventResource> list = new() { Items = [.. page.Items.Select(Shown)], Revision = page.Revision };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListEventResource).ConfigureAwait(false);
    }

    /// <summary>Events after the last that was seen, oldest first.</summary>
    private static async Task<(IReadOnlyList<EventResource> Items, long Seen)> NewAsync(
        Call call, EventQuery query, long seen, CancellationToken ct)
    {
        EventQuery next = query with
        {
            AfterId = seen,
            RowsMax = seen == 0 ? Math.Min(query.RowsMax, ServerLimits.WatchEventsMax) : StoreLimits.PageRowsMax,
        };
        Page<EventRow> page = await call.Server.Store.Events.ListAsync(call.Tenant, next, ct).ConfigureAwait(false);
        long newest = page.Items.IsEmpty ? seen : Math.Max(seen, page.Items.Max(e => e.Id));
        return ([.. page.Items.Select(Shown).Reverse()], newest);
    }

    private static EventResource Shown(EventRow row) => new()
    {
        Number = row.Id,
        AtMs = row.Entry.AtMs,
        Device = row.Entry.Device?.ToString() ?? "",
        Deployment = row.Entry.Deployment?.ToString() ?? "",
        Reason = row.Entry.Reason,
        Warning = row.Entry.Warning,
        Message = row.Entry.Message,
        Code = row.Entry.Code,
    };

    private static DeviceId? Device(string text) => text.Length == 0
        ? null
        : DeviceId.TryParse(text, out DeviceId id)
            ? id
            : throw new CallRefused(400, ApiErrors.Parameter.At("the device's name is no DNS label", "device"));

    private static DeploymentId? Deployment(string text) => text.Length == 0
        ? null
        : DeploymentId.TryParse(text, out DeploymentId id)
            ? id
            : throw new CallRefused(400, ApiErrors.Parameter.At("the deployment's name is no DNS label", "deployment"));
}
