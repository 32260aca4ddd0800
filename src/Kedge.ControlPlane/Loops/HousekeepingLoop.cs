using Kedge.ControlPlane.Content;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Removes what nothing names any more: content (<see cref="ContentCollector"/>), and records of certificates that have
/// expired long ago.
/// </summary>
internal sealed class HousekeepingLoop(
    IKedgeStore store, TenantId tenant, ContentCollector collector, TimeProvider time)
{
    /// <summary>One round.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        await collector.RunRoundAsync(ct).ConfigureAwait(false);
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        long beforeMs = nowMs - (long)ServerLimits.CertificateRecordAge.TotalMilliseconds;
        await store.Certificates.ForgetExpiredAsync(tenant, beforeMs, ct).ConfigureAwait(false);
    }
}
