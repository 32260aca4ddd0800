using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Deployments in memory.</summary>
internal sealed class MemoryDeployments(MemoryEngine engine) : IDeploymentStore
{
    public ValueTask<DeploymentOutcome> ApplyAsync(
        TenantId tenant, DeploymentWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Deployment(write);
        return new(engine.Write(tenant, scope => Apply(scope, write)));
    }

    public ValueTask<DeploymentRow?> FindAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Deployments.GetValueOrDefault(id));

    public ValueTask<Page<DeploymentRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<DeploymentRow> rows = state.Of(tenant).Deployments.Values
            .Where(d => after is not { } key || d.Id.CompareTo(key) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, d => d.Id.ToString()));
    }

    public ValueTask<ImmutableArray<DeploymentRevisionRow>> HistoryAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        new([.. engine.Read(tenant).Histories.GetValueOrDefault(id, [])]);

    public ValueTask<DeploymentRevisionRow?> FindRevisionAsync(
        TenantId tenant, DeploymentId id, long specRevision, CancellationToken cancellationToken) =>
        new(engine.Read(tenant).Histories.GetValueOrDefault(id, []).Find(r => r.SpecRevision == specRevision));

    public ValueTask<CasOutcome> DeleteAsync(
        TenantId tenant, DeploymentId id, long? expectedRevision, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Delete(scope, id, expectedRevision, atMs)));
    }

    public ValueTask<CasOutcome> RemoveAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Remove(scope, id)));

    public static DeploymentOutcome Apply(MemoryScope scope, DeploymentWrite write)
    {
        DeploymentRow? held = scope.Tenant.Deployments.GetValueOrDefault(write.Id);
        if (StoreRules.JudgeDeployment(held, write) is { } answer)
        {
            return answer;
        }

        foreach (Digest package in write.Packages)
        {
            if (!scope.Tenant.Packages.ContainsKey(package))
            {
                return new DeploymentOutcome.PackageMissing(package);
            }
        }

        DeploymentRow row = StoreRules.NextDeployment(held, write, scope.Mark());
        DeploymentRevisionRow kept = new()
        {
            Id = row.Id,
            SpecRevision = row.SpecRevision,
            SpecJson = row.SpecJson,
            Packages = [.. write.Packages.Distinct().Order()],
            AppliedAtMs = row.AppliedAtMs,
            Cause = row.Cause,
        };
        ImmutableList<DeploymentRevisionRow> history =
            [kept, .. scope.Tenant.Histories.GetValueOrDefault(row.Id, []).Take(StoreLimits.DeploymentHistoryMax - 1)];
        scope.Tenant = scope.Tenant with
        {
            Deployments = scope.Tenant.Deployments.SetItem(row.Id, row),
            Histories = scope.Tenant.Histories.SetItem(row.Id, history),
        };
        return held is null ? new DeploymentOutcome.Created(row) : new DeploymentOutcome.Updated(row);
    }

    private static CasOutcome Delete(MemoryScope scope, DeploymentId id, long? expectedRevision, long atMs)
    {
        if (!scope.Tenant.Deployments.TryGetValue(id, out DeploymentRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (expectedRevision is { } expected && expected != held.Revision)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        if (held.DeletedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        DeploymentRow row = held with { DeletedAtMs = Math.Max(1, atMs), Revision = scope.Mark() };
        scope.Tenant = scope.Tenant with { Deployments = scope.Tenant.Deployments.SetItem(id, row) };
        return new CasOutcome.Done(row.Revision);
    }

    private static CasOutcome Remove(MemoryScope scope, DeploymentId id)
    {
        if (!scope.Tenant.Deployments.TryGetValue(id, out DeploymentRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (held.DeletedAtMs == 0)
        {
            return new CasOutcome.Conflict(held.Revision);
        }

        scope.Tenant = scope.Tenant with
        {
            Deployments = scope.Tenant.Deployments.Remove(id),
            Histories = scope.Tenant.Histories.Remove(id),
            Rollouts = scope.Tenant.Rollouts.Remove(id),
            Figures = scope.Tenant.Figures.Remove(id),
        };
        return new CasOutcome.Done(scope.Mark());
    }
}
