using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Reads where rollouts stand. What was read once is kept parsed by the revision of its row. One caller at a time.
/// </summary>
internal sealed class RolloutReader(IKedgeStore store, TenantId tenant)
{
    private readonly Dictionary<DeploymentId, Parsed> _parsed = [];

    /// <summary>The rows as they were read the last time.</summary>
    public ImmutableSortedDictionary<DeploymentId, RolloutRow> Rows { get; private set; } =
        ImmutableSortedDictionary<DeploymentId, RolloutRow>.Empty;

    /// <summary>Deployments whose row cannot be read.</summary>
    public ImmutableSortedSet<DeploymentId> Unreadable { get; private set; } = [];

    /// <summary>Reads all rows.</summary>
    public async ValueTask ReadAsync(ImmutableArray<QuarantinedRow>.Builder quarantined, CancellationToken ct)
    {
        ImmutableSortedDictionary<DeploymentId, RolloutRow>.Builder rows =
            ImmutableSortedDictionary.CreateBuilder<DeploymentId, RolloutRow>();
        ImmutableSortedSet<DeploymentId>.Builder unreadable = ImmutableSortedSet.CreateBuilder<DeploymentId>();
        DeploymentId? after = null;
        bool isMore = true;
        while (isMore)
        {
            Page<RolloutRow> page = await store.Rollouts
                .ListAsync(tenant, after, Store.StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            quarantined.AddRange(page.Quarantined);
            unreadable.UnionWith(Frozen(page.Quarantined));
            foreach (RolloutRow row in page.Items)
            {
                rows[row.Id] = row;
                if (StateOf(row) is null)
                {
                    unreadable.Add(row.Id);
                    quarantined.Add(new QuarantinedRow("rollouts", row.Id.ToString(), "its state cannot be read"));
                }
            }

            isMore = DeploymentId.TryParse(page.Next ?? "", out DeploymentId next);
            after = next;
        }

        Rows = rows.ToImmutable();
        Unreadable = unreadable.ToImmutable();
        foreach (DeploymentId gone in _parsed.Keys.Where(known => !rows.ContainsKey(known)).ToArray())
        {
            _parsed.Remove(gone);
        }
    }

    /// <summary>The deployments of rows that were left out.</summary>
    public static IEnumerable<DeploymentId> Frozen(IEnumerable<QuarantinedRow> rows)
    {
        foreach (QuarantinedRow row in rows)
        {
            if (DeploymentId.TryParse(row.Key, out DeploymentId id))
            {
                yield return id;
            }
        }
    }

    /// <summary>
    /// Where the rollout of a deployment stands. Where nothing was kept yet, what devices are asked for already has
    /// passed: the newest of it is the stable revision. Null when there is nothing.
    /// </summary>
    public async ValueTask<RolloutState?> FindAsync(
        DeploymentSnapshot deployment, ImmutableArray<DeviceSnapshot> devices, CancellationToken ct)
    {
        if (Rows.TryGetValue(deployment.Spec.Id, out RolloutRow? row))
        {
            return StateOf(row);
        }

        long[] held =
        [
            .. devices.SelectMany(d => d.Desired)
                .Where(w => w.Deployment == deployment.Spec.Id && w.Revision < deployment.Revision)
                .Select(w => w.Revision).Distinct().OrderDescending(),
        ];
        foreach (long revision in held)
        {
            DeploymentRevisionRow? kept = await store.Deployments
                .FindRevisionAsync(tenant, deployment.Spec.Id, revision, ct).ConfigureAwait(false);
            if (kept is not null && DeploymentFormat.TryRead(kept.SpecJson, out var spec))
            {
                return new RolloutState
                {
                    Target = revision,
                    Stable = new StableRevision(revision, spec),
                    Phase = RolloutPhase.Complete,
                    StartedAtMs = kept.AppliedAtMs,
                    ChangedAtMs = kept.AppliedAtMs,
                };
            }
        }

        return null;
    }

    private RolloutState? StateOf(RolloutRow row)
    {
        if (!_parsed.TryGetValue(row.Id, out Parsed? parsed) || parsed.Revision != row.Revision)
        {
            bool isReadable = RolloutFormat.TryRead(row.StateJson, out RolloutState? state)
                && (state.Stable is null || state.Stable.Spec.Id == row.Id);
            parsed = new Parsed(row.Revision, isReadable ? state : null);
            _parsed[row.Id] = parsed;
        }

        return parsed.State;
    }

    private sealed record Parsed(long Revision, RolloutState? State);
}
