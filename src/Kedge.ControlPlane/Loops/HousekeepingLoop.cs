using System.Collections.Immutable;
using Kedge.ControlPlane.Content;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Removes what nothing names any more: chunks of pushes that were given up or of deleted packages, and records of
/// certificates that have expired long ago. A chunk leaves the index first and the folder after: cut off between the
/// two, its file is only wasted space, which the next upload of it takes over.
/// </summary>
public sealed class HousekeepingLoop(IKedgeStore store, TenantId tenant, ChunkFolder chunks, TimeProvider time)
{
    /// <summary>One round.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        long sinceMs = nowMs - (long)ServerLimits.UnusedChunkAge.TotalMilliseconds;
        ImmutableArray<ChunkRef> unused = await store.Chunks
            .ListUnusedAsync(tenant, sinceMs, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
        if (!unused.IsEmpty)
        {
            Digest[] digests = [.. unused.Select(c => c.Digest)];
            ImmutableArray<Digest> removed =
                await store.Chunks.RemoveUnusedAsync(tenant, digests, sinceMs, ct).ConfigureAwait(false);
            foreach (Digest digest in removed)
            {
                chunks.Delete(digest);
            }
        }

        long beforeMs = nowMs - (long)ServerLimits.CertificateRecordAge.TotalMilliseconds;
        await store.Certificates.ForgetExpiredAsync(tenant, beforeMs, ct).ConfigureAwait(false);
    }
}
