using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Rollouts in a database.</summary>
internal sealed class SqlRollouts(IRelationalEngine engine) : IRolloutStore
{
    private const string Select = "select deployment, revision, state_json, at_ms from rollouts where tenant = @tenant";

    private const string FindOne = Select + " and deployment = @deployment";

    private const string ListAll = Select + " and deployment > @after order by deployment limit @rows_max";

    private const string HasDeployment =
        "select 1 from deployments where tenant = @tenant and deployment = @deployment";

    private const string FindHeld = "select revision from rollouts where tenant = @tenant and deployment = @deployment";

    private const string Upsert = """
        insert into rollouts (tenant, deployment, revision, state_json, at_ms)
        values (@tenant, @deployment, @revision, @state, @at)
        on conflict (tenant, deployment) do update set
            revision = excluded.revision, state_json = excluded.state_json, at_ms = excluded.at_ms
        """;

    private const string DeleteOne = "delete from rollouts where tenant = @tenant and deployment = @deployment";

    public ValueTask<RolloutRow?> FindAsync(
        TenantId tenant, DeploymentId id, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => FindAsync(session, tenant, id), cancellationToken);

    public ValueTask<Page<RolloutRow>> ListAsync(
        TenantId tenant, DeploymentId? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(
                ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("after", after?.ToString() ?? "")),
            cancellationToken);

    public ValueTask<CasOutcome> SaveAsync(
        TenantId tenant, RolloutWrite write, CancellationToken cancellationToken)
    {
        StoreCheck.Rollout(write);
        return engine.WriteAsync(scope => SaveAsync(scope, tenant, write), cancellationToken);
    }

    /// <summary>
    /// What stands against a change that is part of a plan; null when it may be kept. The text that is replaced is not
    /// read: a row that is damaged can be written anew.
    /// </summary>
    public static async ValueTask<DesiredOutcome?> RefuseAsync(SqlScope scope, TenantId tenant, RolloutWrite write)
    {
        long? held = await scope.NumberAsync(FindHeld, Key(tenant, write.Id)).ConfigureAwait(false);
        bool isThere = await HasDeploymentAsync(scope, tenant, write.Id).ConfigureAwait(false);
        return StoreRules.RefuseRollout(isThere, held ?? 0, write);
    }

    /// <summary>Keeps a change that nothing stands against.</summary>
    public static async ValueTask KeepAsync(SqlScope scope, TenantId tenant, RolloutWrite write) =>
        await scope.ExecuteAsync(
            Upsert,
            ("tenant", tenant.ToString()), ("deployment", write.Id.ToString()), ("revision", scope.Mark()),
            ("state", write.StateJson), ("at", write.AtMs)).ConfigureAwait(false);

    /// <summary>Removes the rollout of a deployment that goes.</summary>
    public static async ValueTask RemoveAsync(SqlScope scope, TenantId tenant, DeploymentId id) =>
        await scope.ExecuteAsync(DeleteOne, Key(tenant, id)).ConfigureAwait(false);

    private static async ValueTask<CasOutcome> SaveAsync(SqlScope scope, TenantId tenant, RolloutWrite write)
    {
        RolloutRow? held = await FindAsync(scope, tenant, write.Id).ConfigureAwait(false);
        bool isThere = await HasDeploymentAsync(scope, tenant, write.Id).ConfigureAwait(false);
        if (StoreRules.JudgeRollout(isThere, held, write) is { } answer)
        {
            return answer;
        }

        await KeepAsync(scope, tenant, write).ConfigureAwait(false);
        return new CasOutcome.Done(scope.NextRevision);
    }

    private static async ValueTask<bool> HasDeploymentAsync(SqlScope scope, TenantId tenant, DeploymentId id) =>
        await scope.NumberAsync(HasDeployment, Key(tenant, id)).ConfigureAwait(false) is not null;

    private static ValueTask<RolloutRow?> FindAsync(SqlSession session, TenantId tenant, DeploymentId id) =>
        session.FirstAsync(FindOne, Read, Key(tenant, id));

    private static (string, object)[] Key(TenantId tenant, DeploymentId id) =>
        [("tenant", tenant.ToString()), ("deployment", id.ToString())];

    private static RolloutRow Read(SqlRow row) => new()
    {
        Id = row.Deployment(),
        Revision = row.NotNegative(),
        StateJson = row.Text(),
        AtMs = row.NotNegative(),
    };
}
