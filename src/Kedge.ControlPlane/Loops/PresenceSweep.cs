using System.Collections.Immutable;
using Kedge.ControlPlane.Link;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Records connections that have ended, by the number that the store gave them, so that a half-open old connection
/// cannot mark a device dead; and, from time to time, that connected devices were heard. What cannot be recorded now is
/// kept for the next run.
/// </summary>
public sealed class PresenceSweep(IKedgeStore store, TenantId tenant, DeviceSessions sessions, TimeProvider time)
{
    private long _touchedAtMs;

    /// <summary>Records what has ended, and touches when it is time.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        ImmutableArray<DeviceSession> ended = sessions.TakeEnded();
        int done = 0;
        try
        {
            foreach (DeviceSession session in ended)
            {
                await store.Devices.DisconnectAsync(
                    tenant, session.Identity.Device, session.Epoch, nowMs, ct).ConfigureAwait(false);
                done++;
            }
        }
        finally
        {
            sessions.GiveBack(ended.Skip(done));
        }

        if (nowMs - _touchedAtMs >= (long)ServerLimits.TouchPeriod.TotalMilliseconds || nowMs < _touchedAtMs)
        {
            _touchedAtMs = nowMs;
            DeviceSeen[] seen = [.. sessions.All().Select(s => new DeviceSeen(s.Identity.Device, nowMs))];
            foreach (DeviceSeen[] part in seen.Chunk(Store.StoreLimits.PageRowsMax))
            {
                await store.Devices.TouchAsync(tenant, part, ct).ConfigureAwait(false);
            }
        }
    }
}
