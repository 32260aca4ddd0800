using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// What happened. Kept by count: the newest <see cref="StoreLimits.EventsPerDeviceMax"/> of a device and the newest
/// <see cref="StoreLimits.EventsPerTenantMax"/> of a tenant.
/// </summary>
public interface IEventStore
{
    /// <summary>Adds some in their order, in one transaction; none is no change.</summary>
    ValueTask AppendAsync(TenantId tenant, IReadOnlyList<EventWrite> entries, CancellationToken cancellationToken);

    /// <summary>Events, newest first. <see cref="Page{T}.Next"/> is the id to go on before.</summary>
    ValueTask<Page<EventRow>> ListAsync(TenantId tenant, EventQuery query, CancellationToken cancellationToken);
}
