using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Events in memory.</summary>
internal sealed class MemoryEvents(MemoryEngine engine) : IEventStore
{
    public ValueTask AppendAsync(
        TenantId tenant, IReadOnlyList<EventWrite> entries, CancellationToken cancellationToken)
    {
        engine.Write(tenant, scope =>
        {
            foreach (EventWrite entry in entries)
            {
                Append(scope, entry);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<Page<EventRow>> ListAsync(
        TenantId tenant, EventQuery query, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(query.RowsMax);
        MemoryState state = engine.State;
        IEnumerable<EventRow> rows = state.Of(tenant).Events.Values.Reverse().Where(e =>
            (query.BeforeId is not { } before || e.Id < before)
            && e.Id > query.AfterId
            && (query.Device is null || e.Entry.Device == query.Device)
            && (query.Deployment is null || e.Entry.Deployment == query.Deployment)
            && (query.Subject.Length == 0 || e.Entry.Subject == query.Subject));
        return new(MemoryPage.Of(
            rows, query.RowsMax, state.Revision, e => e.Id.ToString(CultureInfo.InvariantCulture)));
    }

    public static void Append(MemoryScope scope, EventWrite entry)
    {
        scope.Mark();
        TenantState tenant = scope.Tenant;
        EventRow row = new(tenant.LastEventId + 1, StoreCheck.Clean(entry));
        scope.Tenant = Trimmed(tenant with
        {
            LastEventId = row.Id,
            Events = tenant.Events.Add(row.Id, row),
            DeviceEvents = row.Entry.Device is { } device
                ? tenant.DeviceEvents.SetItem(device, tenant.DeviceEvents.GetValueOrDefault(device, []).Add(row.Id))
                : tenant.DeviceEvents,
        }, row.Entry.Device);
    }

    private static TenantState Trimmed(TenantState tenant, DeviceId? device)
    {
        if (device is { } own && tenant.DeviceEvents[own].Count > StoreLimits.EventsPerDeviceMax)
        {
            tenant = Without(tenant, tenant.Events[tenant.DeviceEvents[own].Min]);
        }

        long oldestKept = tenant.LastEventId - StoreLimits.EventsPerTenantMax + 1;
        EventRow oldest = tenant.Events.First().Value;
        return oldest.Id < oldestKept ? Without(tenant, oldest) : tenant;
    }

    private static TenantState Without(TenantState tenant, EventRow row) => tenant with
    {
        Events = tenant.Events.Remove(row.Id),
        DeviceEvents = row.Entry.Device is { } device
            ? tenant.DeviceEvents.SetItem(device, tenant.DeviceEvents[device].Remove(row.Id))
            : tenant.DeviceEvents,
    };
}
