using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;

namespace Kedge.Store.Contracts;

/// <summary>Documents that the owner key signed, by version: the newest holds, no version goes back.</summary>
public interface ITrustStore
{
    /// <summary>Stores a newer version; any other verdict changes nothing.</summary>
    ValueTask<GenerationVerdict> PutAsync(TenantId tenant, TrustRow document, CancellationToken cancellationToken);

    /// <summary>The newest version; null when there is none.</summary>
    ValueTask<TrustRow?> LatestAsync(TenantId tenant, TrustKind kind, CancellationToken cancellationToken);

    /// <summary>One version; null when it never was.</summary>
    ValueTask<TrustRow?> FindAsync(
        TenantId tenant, TrustKind kind, long version, CancellationToken cancellationToken);

    /// <summary>Versions, newest first, at most <see cref="StoreLimits.PageRowsMax"/>.</summary>
    ValueTask<ImmutableArray<TrustRow>> ListAsync(
        TenantId tenant, TrustKind kind, CancellationToken cancellationToken);
}
