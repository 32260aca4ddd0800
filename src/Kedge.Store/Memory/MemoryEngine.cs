using Kedge.Core;

namespace Kedge.Store.Memory;

/// <summary>Runs transactions one after another over the state.</summary>
internal sealed class MemoryEngine(TimeProvider time)
{
    private readonly Lock _lock = new();
    private MemoryState _state = MemoryState.Empty;

    public RevisionSignal Signal { get; } = new(time);

    public MemoryState State => Volatile.Read(ref _state);

    public TenantState Read(TenantId tenant)
    {
        StoreCheck.Tenant(tenant);
        return State.Of(tenant);
    }

    public T Write<T>(TenantId tenant, Func<MemoryScope, T> transaction)
    {
        StoreCheck.Tenant(tenant);
        lock (_lock)
        {
            MemoryScope scope = new(_state.Of(tenant), _state.Revision);
            T outcome = transaction(scope);
            if (scope.IsGivenUp)
            {
                return outcome;
            }

            // Announced before it can be read: who reads it and then waits is never behind what was announced.
            long revision = scope.IsMarked ? scope.NextRevision : _state.Revision;
            Signal.PublishAtLeast(revision);
            _state = new MemoryState(revision, _state.Tenants.SetItem(tenant, scope.Tenant));
            return outcome;
        }
    }

    public void Replace(MemoryState state)
    {
        lock (_lock)
        {
            Signal.Publish(state.Revision);
            _state = state;
        }
    }
}
