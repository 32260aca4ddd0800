using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Tokens by which devices enrol.</summary>
public interface IEnrolmentTokenStore
{
    /// <summary>Adds a token with all its uses.</summary>
    ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, EnrolmentTokenRow token, CancellationToken cancellationToken);

    /// <summary>Uses it once, atomically. Enrolment does so by itself when it is given the hash.</summary>
    ValueTask<TokenVerdict> ConsumeAsync(
        TenantId tenant, Digest hash, DeviceId device, long nowMs, CancellationToken cancellationToken);

    /// <summary>The token of that hash, whatever its state; null when there is none.</summary>
    ValueTask<EnrolmentTokenRow?> FindByHashAsync(
        TenantId tenant, Digest hash, CancellationToken cancellationToken);

    /// <summary>Tokens in order of their names.</summary>
    ValueTask<Page<EnrolmentTokenRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>Removes a token; false when there is none of that name.</summary>
    ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken);
}
