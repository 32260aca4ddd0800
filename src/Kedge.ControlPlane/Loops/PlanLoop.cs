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
/// parent generations and the parent states of rollouts. It decides nothing, and wakes itself when a rollout asks for
/// it: when a soak ends, or to look at figures, which move no revision. A plan that somebody else overtook is dropped
/// and made again; a device whose plan breaks a rule keeps what it runs while the others go on. Also takes away
/// deployments that nobody runs any more.
/// </summary>
public sealed partial class PlanLoop(
    IKedgeStore store, TenantId tenant, ECDsa desiredKey, Wakeups wakeups, TimeProvider time, ILogger log)
    : IDisposable
{
    private readonly FleetReader _reader = new(store, tenant, time);
    private readonly ITimer _timer = time.CreateTimer(
        static state => ((Wakeup?)state)?.Wake(), wakeups.Plan, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private readonly HashSet<string> _refused = [];
    private long _plannedAt = -1;
    private long? _wakeAtMs;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>Plans until nothing changes any more, or the plan was overtaken.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _plannedAt && !(_wakeAtMs <= NowMs()))
        {
            WakeAt(_wakeAtMs);
            return;
        }

        long began = time.GetTimestamp();
        FleetSnapshot snapshot = await _reader.ReadAsync(ct).ConfigureAwait(false);
        foreach (QuarantinedRow row in _reader.Quarantined)
        {
            RowQuarantined(row.Table, row.Key, row.Reason);
        }

        FleetPlan plan = FleetPlanner.Plan(snapshot, DesiredMessage.ReleaseDigest);
        wakeups.IsRolling = plan.Rollouts.Any(
            r => r.State.Phase is not (RolloutPhase.Complete or RolloutPhase.RolledBack));
        ImmutableArray<Finding> broken = RolloutCheck.Findings(snapshot, plan);
        bool clean = broken.IsEmpty
            ? await CarryOutAsync(plan, snapshot, revision, ct).ConfigureAwait(false)
            : await RefuseAsync(broken, ct).ConfigureAwait(false);
        if (clean)
        {
            _plannedAt = revision;
            WakeAt(broken.IsEmpty ? NotBefore(plan.WakeAtMs, time.GetElapsedTime(began)) : null);
        }
        else
        {
            wakeups.Plan.Wake();
        }
    }

    /// <summary>
    /// Commits in parts. A part that was overtaken ends it: those that follow stand on the states of its rollouts.
    /// </summary>
    private async ValueTask<bool> CarryOutAsync(
        FleetPlan plan, FleetSnapshot snapshot, long revision, CancellationToken ct)
    {
        ImmutableArray<DesiredChange> changes = await ChangesAsync(plan, snapshot, ct).ConfigureAwait(false);
        RolloutWrites rollouts = new(snapshot, plan, _reader.Rollouts);
        bool isFirst = rollouts.HasMoved;
        Queue<DesiredChange[]> parts = new(changes.Chunk(StoreLimits.DesiredChangesMax));
        while (parts.Count > 0 || rollouts.HasMoved)
        {
            DesiredChange[] part = parts.Count > 0 ? parts.Dequeue() : [];
            if (!await CommitAsync([.. part], rollouts, revision, ct).ConfigureAwait(false))
            {
                return false;
            }

            if (isFirst)
            {
                isFirst = false;
                await TellAsync(plan, snapshot, ct).ConfigureAwait(false);
            }
        }

        return await RemoveDeletedAsync(snapshot, ct).ConfigureAwait(false);
    }

    private async ValueTask TellAsync(FleetPlan plan, FleetSnapshot snapshot, CancellationToken ct)
    {
        EventWrite[] happenings = [.. RolloutHappenings.Of(snapshot.Deployments, plan, snapshot.NowMs)];
        foreach (EventWrite happening in happenings)
        {
            RolloutMoved(happening.Deployment?.ToString() ?? "", happening.Reason, happening.Message);
        }

        if (happenings.Length > 0)
        {
            await store.Events.AppendAsync(tenant, [.. happenings], ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Nothing of a plan that breaks a rule is carried out; the next change of the store brings another.
    /// </summary>
    private async ValueTask<bool> RefuseAsync(ImmutableArray<Finding> broken, CancellationToken ct)
    {
        foreach (Finding finding in broken)
        {
            RolloutRefused(finding.Code, finding.Message);
            if (Remember(finding.Message))
            {
                EventWrite happening = new()
                {
                    AtMs = NowMs(),
                    Reason = "PlanRefused",
                    Message = finding.Message,
                    Code = finding.Code,
                    Warning = true,
                };
                await store.Events.AppendAsync(tenant, [happening], ct).ConfigureAwait(false);
            }
        }

        return true;
    }

    /// <summary>
    /// Gates ask for a look each second. A fleet so large that a plan takes longer than that gets as long a pause:
    /// half of the time is left for what people and devices ask.
    /// </summary>
    private long? NotBefore(long? atMs, TimeSpan took) =>
        atMs is { } wanted ? Math.Max(wanted, NowMs() + (long)took.TotalMilliseconds) : null;

    /// <summary>Timers may ring a little early, and not count more than some weeks.</summary>
    private void WakeAt(long? atMs)
    {
        _wakeAtMs = atMs;
        TimeSpan wait = TimeSpan.FromMilliseconds(Math.Clamp((atMs ?? 0) - NowMs(), 0, 24 * 3600_000) + 1);
        _timer.Change(atMs is null ? Timeout.InfiniteTimeSpan : wait, Timeout.InfiniteTimeSpan);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async ValueTask<ImmutableArray<DesiredChange>> ChangesAsync(
        FleetPlan plan, FleetSnapshot snapshot, CancellationToken ct)
    {
        ImmutableArray<DesiredChange>.Builder changes = ImmutableArray.CreateBuilder<DesiredChange>();
        long nowMs = NowMs();
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
        if (Remember($"{device} {finding.Message}"))
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

    /// <summary>True for what was not said yet.</summary>
    private bool Remember(string refusal)
    {
        if (_refused.Count > StoreLimits.PageRowsMax)
        {
            _refused.Clear();
        }

        return _refused.Add(refusal);
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
        ImmutableArray<DesiredChange> changes, RolloutWrites rollouts, long revision, CancellationToken ct)
    {
        DesiredCommit commit = new()
        {
            PlanRevision = revision,
            AtMs = NowMs(),
            Changes = changes,
            Rollouts = rollouts.For(changes),
        };
        DesiredOutcome outcome = await store.Desired.CommitAsync(tenant, commit, ct).ConfigureAwait(false);
        switch (outcome)
        {
            case DesiredOutcome.Committed committed:
                rollouts.Committed(commit.Rollouts, committed.Revision);
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

    [LoggerMessage(EventIds.RolloutMoved, LogLevel.Information, "{Deployment}: {Reason}: {Text}")]
    private partial void RolloutMoved(string deployment, string reason, string text);

    [LoggerMessage(EventIds.RolloutRefused, LogLevel.Error, "Plan refused as a whole: {Code} {Reason}")]
    private partial void RolloutRefused(string code, string reason);
}
