using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// The fleet for those who only look: read again when the store's revision has moved. Figures do not move it; where
/// they are shown they are read again when they are older than <see cref="ServerLimits.FiguresAgeMax"/>.
/// </summary>
public sealed class FleetView(IKedgeStore store, TenantId tenant, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly FleetReader _reader = new(store, tenant, time);
    private FleetSnapshot? _snapshot;
    private long _revision = -1;
    private long _figuresAt;

    /// <summary>A snapshot that is at least as new as this call, but for the figures in it.</summary>
    public async Task<FleetSnapshot> ReadAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
            if (_snapshot is null || revision != _revision)
            {
                _figuresAt = time.GetTimestamp();
                _snapshot = await _reader.ReadAsync(ct).ConfigureAwait(false);
                _revision = revision;
            }
            else if (time.GetElapsedTime(_figuresAt) >= ServerLimits.FiguresAgeMax)
            {
                _figuresAt = time.GetTimestamp();
                _snapshot = await _reader.WithFiguresAsync(_snapshot, ct).ConfigureAwait(false);
            }

            return _snapshot with { NowMs = time.GetUtcNow().ToUnixTimeMilliseconds() };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();
}
