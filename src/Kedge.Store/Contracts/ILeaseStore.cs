using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// Who leads what. A lease saves work, it does not make anything safe: clocks differ, so what is done under it is still
/// compare-and-set. Moves no revision.
/// </summary>
public interface ILeaseStore
{
    /// <summary>Takes a lease that is free, expired or one's own already.</summary>
    ValueTask<LeaseOutcome> AcquireAsync(TenantId tenant, LeaseClaim claim, CancellationToken cancellationToken);

    /// <summary>Gives one's lease back; false when another holds it or nobody does.</summary>
    ValueTask<bool> ReleaseAsync(TenantId tenant, string name, string holder, CancellationToken cancellationToken);
}
