using Kedge.Core;
using Kedge.Store.Contracts;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// After a restore from a backup, devices hold generations that the store does not know. Where a device reports one
/// above its row's, the floor of its next generation is raised over it and the planner makes a new one, so that what
/// the store says now wins over what was lost.
/// </summary>
public sealed partial class FloorLoop(IKedgeStore store, TenantId tenant, Wakeups wakeups, ILogger log)
{
    private long _seen;

    /// <summary>Looks at the devices that changed since the last run.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _seen)
        {
            return;
        }

        DeviceQuery query = new() { ChangedBeyond = revision < _seen ? 0 : _seen };
        while (true)
        {
            Page<DesiredSummary> page = await store.Desired.ListAsync(tenant, query, ct).ConfigureAwait(false);
            foreach (DesiredSummary row in page.Items)
            {
                query = query with { After = row.Device };
                Generation known = row.Head.Floor.CompareTo(row.Head.Generation) > 0
                    ? row.Head.Floor
                    : row.Head.Generation;
                if (row.Reported.CompareTo(known) > 0)
                {
                    FloorVerdict verdict = await store.Desired
                        .RaiseFloorAsync(tenant, row.Device, row.Reported, ct).ConfigureAwait(false);
                    FloorRaised(row.Device.ToString(), row.Reported.Value, verdict);
                }
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                _seen = revision;
                wakeups.Plan.Wake();
                return;
            }
        }
    }

    [LoggerMessage(EventIds.FloorRaised, LogLevel.Warning,
        "Device {Device} reports generation {Generation}, above its row: {Verdict}")]
    private partial void FloorRaised(string device, long generation, FloorVerdict verdict);
}
