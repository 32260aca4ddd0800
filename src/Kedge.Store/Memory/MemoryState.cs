using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Memory;

/// <summary>The whole store at one revision.</summary>
internal sealed record MemoryState(long Revision, ImmutableDictionary<TenantId, TenantState> Tenants)
{
    public static readonly MemoryState Empty = new(0, ImmutableDictionary<TenantId, TenantState>.Empty);

    public TenantState Of(TenantId tenant) => Tenants.GetValueOrDefault(tenant, TenantState.Empty);
}
