using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Sites. They come and change by <see cref="IApplyStore"/> alone.</summary>
public interface ISiteStore
{
    /// <summary>One site; null when there is none.</summary>
    ValueTask<SiteRow?> FindAsync(TenantId tenant, string name, CancellationToken cancellationToken);

    /// <summary>Sites in order of their names.</summary>
    ValueTask<Page<SiteRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>Removes one; false when there is none.</summary>
    ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken);
}
