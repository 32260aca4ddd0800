using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Rollouts;
using Kedge.Store;
using Kedge.Store.Contracts;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Carries the planner's decisions into the store: read the fleet, plan, ask the second opinion, sign, commit on the
/// parent generations. It decides nothing. A plan that somebody else overtook is dropped and made again; a device whose
/// plan breaks a rule keeps what it runs while the others go on. Also takes away deployments that nobody runs any more.
/// </summary>
public sealed partial class PlanLoop(
    IKedgeStore store, TenantId tenant, ECDsa desiredKey, Wakeups wakeups, TimeProvider time, ILogger log)
{
    private readonly FleetReader _reader = new(store, tenant);
    private readonly HashSet<string> _refused = [];
    private long _plannedAt = -1;

    /// <summary>Plans until nothing changes any more, or the plan was overtaken.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _plannedAt)
        {
            return;
        }

        FleetSnapshot snapshot = await _reader.ReadAsync(ct).ConfigureAwait(false);
        foreach (QuarantinedRow row in _reader.Quarantined)
        {
            RowQuarantined(row.Table, row.Key, row.Reason);
        }

        FleetPlan plan = FleetPlanner.Plan(snapshot, DesiredMessage.ReleaseDigest);
        ImmutableArray<DesiredChange> changes = await ChangesAsync(plan, snapshot, ct).ConfigureAwait(false);
        bool clean = true;
        foreach (DesiredChange[] part in changes.Chunk(StoreLimits.DesiredChangesMax))
        {
            clean &= await CommitAsync([.. part], revision, ct).ConfigureAwait(false);
        }

        clean &= await RemoveDeletedAsync(snapshot, ct).ConfigureAwait(false);
        if (clean)
        {
            _plannedAt = revision;
        }
        else
        {
            wakeups.Plan.Wake();
        }
    }

    private async ValueTask<ImmutableArray<DesiredChange>> ChangesAsync(
        FleetPlan plan, FleetSnapshot snapshot, CancellationToken ct)
    {
        ImmutableArray<DesiredChange>.Builder changes = ImmutableArray.CreateBuilder<DesiredChange>();
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (DeviceChange change in plan.Changes)
        {
            DesiredState state = new()
            {
                Tenant = tenant,
                Device = change.Device,
                DeviceKey = change.DeviceKey,
                Generation = change.Generation,
                IssuedAtMs = nowMs,
                Workloads = change.Workloads,
            };
            ImmutableArray<Finding> findings =
                DesiredStateCheck.Findings(state, snapshot.Packages, DesiredMessage.ReleaseDigest);
            if (findings.IsEmpty && Signed(state) is { } signed)
            {
                changes.Add(new DesiredChange
                {
                    Device = change.Device,
                    Parent = change.Parent,
                    Generation = change.Generation,
                    Content = Digest.Of(signed.AsSpan()),
                    DeviceKey = change.DeviceKey,
                    Signed = signed,
                });
                continue;
            }

            Finding first = findings.IsEmpty
                ? ServerErrors.DesiredTooLarge.At($"{change.Device} would get more than {Limits.DesiredBytesMax} bytes")
                : ServerErrors.PlanRefused.At(findings[0].ToString());
            await ReportRefusalAsync(change.Device, first, nowMs, ct).ConfigureAwait(false);
        }

        return changes.ToImmutable();
    }

    /// <summary>One event per device and reason, not one per run.</summary>
    private async ValueTask ReportRefusalAsync(DeviceId device, Finding finding, long nowMs, CancellationToken ct)
    {
        PlanRefused(device.ToString(), finding.Code, finding.Message);
        if (_refused.Count > StoreLimits.PageRowsMax)
        {
            _refused.Clear();
        }

        if (_refused.Add($"{device} {finding.Message}"))
        {
            EventWrite happening = new()
            {
                AtMs = nowMs,
                Device = device,
                Reason = "PlanRefused",
                Message = finding.Message,
                Code = finding.Code,
                Warning = true,
            };
            await store.Events.AppendAsync(tenant, [happening], ct).ConfigureAwait(false);
        }
    }

    private ImmutableArray<byte>? Signed(DesiredState state)
    {
        if (BytesOf(state) > Limits.DesiredBytesMax)
        {
            return null;
        }

        return [.. SignedMessage.Sign(DesiredMessage.Write(state), desiredKey)];
    }

    /// <summary>A bound of the message's size, in bytes: its workloads and 1 KiB for the rest.</summary>
    private static int BytesOf(DesiredState state)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        foreach (WorkloadSpec workload in state.Workloads)
        {
            using Utf8JsonWriter json = new(buffer);
            DesiredMessage.WriteWorkload(json, workload, forDigest: false);
        }

        return buffer.WrittenCount + state.Workloads.Length + Limits.KiB;
    }

    private async ValueTask<bool> CommitAsync(
        ImmutableArray<DesiredChange> changes, long revision, CancellationToken ct)
    {
        DesiredCommit commit = new()
        {
            PlanRevision = revision,
            AtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Changes = changes,
        };
        DesiredOutcome outcome = await store.Desired.CommitAsync(tenant, commit, ct).ConfigureAwait(false);
        switch (outcome)
        {
            case DesiredOutcome.Committed:
                PlanCommitted(changes.Length, revision);
                wakeups.Send.Wake();
                return true;
            case DesiredOutcome.Conflict conflict:
                PlanConflict(conflict.Device.ToString());
                return false;
            case DesiredOutcome.UnknownDevice unknown:
                PlanConflict(unknown.Device.ToString());
                return false;
            case DesiredOutcome.RolloutConflict rollout:
                PlanConflict(rollout.Deployment.ToString());
                return false;
            default:
                throw Check.Unreachable(outcome);
        }
    }

    /// <summary>
    /// A deployment that is to go leaves when no device is asked to run it and none that is heard reports it.
    /// </summary>
    private async ValueTask<bool> RemoveDeletedAsync(FleetSnapshot snapshot, CancellationToken ct)
    {
        bool clean = true;
        foreach (DeploymentSnapshot going in snapshot.Deployments.Where(d => d.Deleting))
        {
            if (snapshot.Devices.All(d => d.Revoked || d.Desired.All(w => w.Deployment != going.Spec.Id)))
            {
                await store.Deployments.RemoveAsync(tenant, going.Spec.Id, ct).ConfigureAwait(false);
                clean = false;
            }
        }

        return clean;
    }

    [LoggerMessage(EventIds.PlanCommitted, LogLevel.Information,
        "Committed desired states of {DeviceCount} devices planned at revision {Revision}")]
    private partial void PlanCommitted(int deviceCount, long revision);

    [LoggerMessage(EventIds.PlanConflict, LogLevel.Debug, "Plan overtaken at {Name}; it is made again")]
    private partial void PlanConflict(string name);

    [LoggerMessage(EventIds.PlanRefused, LogLevel.Error, "Plan for {Device} refused: {Code} {Reason}")]
    private partial void PlanRefused(string device, string code, string reason);

    [LoggerMessage(EventIds.RowQuarantined, LogLevel.Error, "Row {Key} of {Table} is left out: {Reason}")]
    private partial void RowQuarantined(string table, string key, string reason);
}
