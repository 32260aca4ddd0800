namespace Kedge.Store.Memory;

/// <summary>One transaction: what it leaves in <see cref="Tenant"/> holds when it ends, unless it gives up.</summary>
internal sealed class MemoryScope(TenantState tenant, long revision)
{
    /// <summary>The tenant as this transaction sees and leaves it.</summary>
    public TenantState Tenant { get; set; } = tenant;

    /// <summary>Revision that the transaction gives to what it changes.</summary>
    public long NextRevision { get; } = revision + 1;

    public bool IsMarked { get; private set; }

    public bool IsGivenUp { get; private set; }

    /// <summary>Somebody may watch what changes here. Returns the revision of the change.</summary>
    public long Mark()
    {
        IsMarked = true;
        return NextRevision;
    }

    /// <summary>Nothing of this transaction holds.</summary>
    public void GiveUp() => IsGivenUp = true;
}
