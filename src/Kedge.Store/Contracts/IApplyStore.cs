using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Manifests of many objects.</summary>
public interface IApplyStore
{
    /// <summary>Applies all changes in one transaction, or none.</summary>
    ValueTask<ApplyOutcome> CommitAsync(TenantId tenant, ApplyBatch batch, CancellationToken cancellationToken);
}
