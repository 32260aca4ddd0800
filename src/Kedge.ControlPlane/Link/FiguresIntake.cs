using System.Collections.Immutable;
using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Link;

/// <summary>
/// Takes the figures that devices tell and brings them to the store.
/// <para>Problem: while something is on trial every device tells figures each second; a commit for each of them would
/// keep the disk busy with what the next second replaces.</para>
/// <para>Approach: what is told is folded onto what is kept, in memory, and answered at once; a loop saves what has
/// changed, all of it in one transaction. A device tells its newest windows again while they grow and after every new
/// connection, and telling twice changes no sum, so that what is lost with this process does no harm.</para>
/// <para>Invariant: at most one row waits for each device and deployment, the newest.</para>
/// </summary>
public sealed class FiguresIntake(IKedgeStore store, TenantId tenant, Wakeup wakeup, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Dictionary<(DeviceId, DeploymentId), Waiting> _waiting = [];
    private Dictionary<(DeviceId, DeploymentId), Waiting> _saving = [];

    /// <summary>Takes what a device told of one workload; one message of a session at a time.</summary>
    /// <param name="session">Who.</param>
    /// <param name="deployment">Of which workload.</param>
    /// <param name="told">The windows.</param>
    /// <param name="ct">Ends with the connection.</param>
    public async ValueTask TakeAsync(
        DeviceSession session, DeploymentId deployment, ImmutableArray<FigureWindow> told, CancellationToken ct)
    {
        DeviceId device = session.Identity.Device;
        if (!session.Figures.TryGetValue(deployment, out ImmutableArray<FigureWindow> held))
        {
            held = await HeldAsync(device, deployment, ct).ConfigureAwait(false);
        }

        if (session.Figures.Count >= Limits.WorkloadsPerDeviceMax && !session.Figures.ContainsKey(deployment))
        {
            session.Figures.Clear();
        }

        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        ImmutableArray<FigureWindow> windows = FigureLog.Add(held, told, nowMs);
        session.Figures[deployment] = windows;
        if (!windows.SequenceEqual(held))
        {
            Queue((device, deployment), new Waiting(windows, nowMs));
        }
    }

    /// <summary>Saves what has changed; what could not be saved waits for the next run. One caller at a time.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            (_saving, _waiting) = (_waiting, []);
        }

        bool isSaved = false;
        try
        {
            foreach (KeyValuePair<(DeviceId Device, DeploymentId Deployment), Waiting>[] part in
                _saving.Chunk(StoreLimits.FiguresBatchMax))
            {
                FiguresWrite[] writes =
                [
                    .. part.Select(static row => new FiguresWrite
                    {
                        Device = row.Key.Device,
                        Deployment = row.Key.Deployment,
                        Json = FiguresRowFormat.Write(row.Value.Windows),
                        AtMs = row.Value.AtMs,
                    }),
                ];
                await store.Figures.SaveManyAsync(tenant, writes, ct).ConfigureAwait(false);
            }

            isSaved = true;
        }
        finally
        {
            Settle(isSaved);
        }
    }

    /// <summary>What is kept of a device that has connected anew: newer in memory than in the store, perhaps.</summary>
    private async ValueTask<ImmutableArray<FigureWindow>> HeldAsync(
        DeviceId device, DeploymentId deployment, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue((device, deployment), out Waiting? waiting)
                || _saving.TryGetValue((device, deployment), out waiting))
            {
                return waiting.Windows;
            }
        }

        try
        {
            FiguresRow? row = await store.Figures.FindAsync(tenant, device, deployment, ct).ConfigureAwait(false);
            return row is null ? [] : FiguresRowFormat.Read(row.Json, deployment);
        }
        catch (KedgeException e) when (e.Finding.Code == StoreErrors.RowUnreadable.Code)
        {
            // The device tells its newest windows anew, and the row is replaced.
            return [];
        }
    }

    private void Queue((DeviceId, DeploymentId) key, Waiting row)
    {
        lock (_lock)
        {
            if (_waiting.Count >= ServerLimits.FiguresWaitingMax && !_waiting.ContainsKey(key))
            {
                return; // The session holds it: the next message of the device brings it again.
            }

            _waiting[key] = row;
        }

        wakeup.Wake();
    }

    private void Settle(bool isSaved)
    {
        lock (_lock)
        {
            foreach (((DeviceId, DeploymentId) key, Waiting row) in _saving.Where(_ => !isSaved))
            {
                _waiting.TryAdd(key, row);
            }

            _saving = [];
        }
    }

    private sealed record Waiting(ImmutableArray<FigureWindow> Windows, long AtMs);
}
