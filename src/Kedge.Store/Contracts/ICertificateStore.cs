using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Certificates of devices, by serial number. They outlive their device until they expire.</summary>
public interface ICertificateStore
{
    /// <summary>
    /// Records a certificate; a serial that is there already is a conflict unless it is the same one.
    /// </summary>
    ValueTask<CasOutcome> RecordAsync(
        TenantId tenant, CertificateRow certificate, CancellationToken cancellationToken);

    /// <summary>One certificate; null when it was never issued here.</summary>
    ValueTask<CertificateRow?> FindAsync(TenantId tenant, string serial, CancellationToken cancellationToken);

    /// <summary>Certificates of one device, newest first, at most <see cref="StoreLimits.PageRowsMax"/>.</summary>
    ValueTask<ImmutableArray<CertificateRow>> ListAsync(
        TenantId tenant, DeviceId device, CancellationToken cancellationToken);

    /// <summary>Revokes one certificate; twice is unchanged.</summary>
    ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, string serial, long atMs, string because, CancellationToken cancellationToken);

    /// <summary>
    /// Revoked certificates that have not expired at <paramref name="nowMs"/>, in order of their serials.
    /// </summary>
    ValueTask<ImmutableArray<CertificateRow>> ListRevokedAsync(
        TenantId tenant, long nowMs, CancellationToken cancellationToken);

    /// <summary>Forgets those that expired before <paramref name="beforeMs"/>. Returns how many.</summary>
    ValueTask<int> ForgetExpiredAsync(TenantId tenant, long beforeMs, CancellationToken cancellationToken);
}
