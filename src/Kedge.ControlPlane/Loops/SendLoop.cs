using System.Collections.Immutable;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Link;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Sends to every device that is connected here the desired state of its row when it is another than the one sent last.
/// It follows the store's revision, so that a row that another replica wrote is sent too. It decides nothing.
/// </summary>
public sealed class SendLoop(IKedgeStore store, TenantId tenant, DeviceSessions sessions, Wakeups wakeups)
{
    private long _seen;

    /// <summary>Marks what has changed since the last run and sends what is due.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        await MarkChangedAsync(ct).ConfigureAwait(false);
        ImmutableArray<DeviceSession> due = sessions.ToSend(ServerLimits.SendsInFlightMax);
        foreach (DeviceSession session in due)
        {
            await SendAsync(session, ct).ConfigureAwait(false);
        }

        if (due.Length == ServerLimits.SendsInFlightMax)
        {
            wakeups.Send.Wake();
        }
    }

    private async ValueTask MarkChangedAsync(CancellationToken ct)
    {
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _seen)
        {
            return;
        }

        // A revision below the last one means that the store was restored: look at everything again.
        DeviceQuery query = new() { ChangedBeyond = revision < _seen ? 0 : _seen };
        while (true)
        {
            Page<DesiredSummary> page = await store.Desired.ListAsync(tenant, query, ct).ConfigureAwait(false);
            foreach (DesiredSummary row in page.Items)
            {
                query = query with { After = row.Device };
                DeviceIdentity identity = new(tenant, row.Device);
                if (sessions.Find(identity) is { } session && session.Sent != row.Head.Generation)
                {
                    sessions.MarkChanged(identity);
                }
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                _seen = revision;
                return;
            }
        }
    }

    private async ValueTask SendAsync(DeviceSession session, CancellationToken ct)
    {
        DesiredRow? row =
            await store.Desired.FindAsync(tenant, session.Identity.Device, ct).ConfigureAwait(false);
        if (row is null || row.Head.DeviceKey != session.Key || row.Head.Generation == session.Sent)
        {
            // Nothing to send: no row yet, the row is for the hardware before, or it is on its way already.
            sessions.NoteSent(session, session.Sent);
            return;
        }

        Generation generation = row.Head.Generation;
        sessions.NoteSent(session, generation);
        bool sent = session.Connection.TrySend(
            Wire.Topics.Desired, row.Signed.AsMemory(), taken => Answered(session, generation, taken));
        if (!sent)
        {
            sessions.NoteNotTaken(session, generation);
        }
    }

    private void Answered(DeviceSession session, Generation generation, bool taken)
    {
        if (!taken)
        {
            // The period sends it again: a device that refuses is not hammered.
            sessions.NoteNotTaken(session, generation);
        }
    }
}
