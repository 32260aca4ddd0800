using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Credentials of people and programs.</summary>
public interface ICredentialStore
{
    /// <summary>Adds one; a revoked one keeps its name until it is deleted.</summary>
    ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, CredentialRow credential, CancellationToken cancellationToken);

    /// <summary>What a shown secret is worth at <paramref name="nowMs"/>.</summary>
    ValueTask<CredentialOutcome> CheckAsync(
        TenantId tenant, Digest hash, long nowMs, CancellationToken cancellationToken);

    /// <summary>Revokes one; twice is unchanged.</summary>
    ValueTask<CasOutcome> RevokeAsync(TenantId tenant, string name, long atMs, CancellationToken cancellationToken);

    /// <summary>Removes one, so that its name is free; false when there is none.</summary>
    ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken);

    /// <summary>Credentials in order of their names.</summary>
    ValueTask<Page<CredentialRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken);
}
