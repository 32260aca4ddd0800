using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Figures in a database.</summary>
internal sealed class SqlFigures(IRelationalEngine engine) : IFiguresStore
{
    private const string Select = """
        select device, deployment, json, at_ms from figures where tenant = @tenant and deployment = @deployment
        """;

    private const string FindOne = Select + " and device = @device";

    private const string ListAll = Select + " and device > @after order by device limit @rows_max";

    private const string Upsert = """
        insert into figures (tenant, deployment, device, json, at_ms)
        select @tenant, @deployment, @device, @json, @at
        where exists (select 1 from devices where tenant = @tenant and device = @device)
            and exists (select 1 from deployments where tenant = @tenant and deployment = @deployment)
        on conflict (tenant, deployment, device) do update set json = excluded.json, at_ms = excluded.at_ms
        """;

    private const string DeleteOfDevice = "delete from figures where tenant = @tenant and device = @device";

    private const string DeleteOfDeployment =
        "delete from figures where tenant = @tenant and deployment = @deployment";

    public async ValueTask SaveManyAsync(
        TenantId tenant, IReadOnlyList<FiguresWrite> writes, CancellationToken cancellationToken)
    {
        StoreCheck.Tenant(tenant);
        StoreCheck.Figures(writes);
        await engine.WriteAsync(
            async scope =>
            {
                foreach (FiguresWrite write in writes)
                {
                    await scope.ExecuteAsync(
                        Upsert,
                        ("tenant", tenant.ToString()), ("deployment", write.Deployment.ToString()),
                        ("device", write.Device.ToString()), ("json", write.Json), ("at", write.AtMs))
                        .ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<FiguresRow?> FindAsync(
        TenantId tenant, DeviceId device, DeploymentId deployment, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.FirstAsync(
                FindOne, Read, ("tenant", tenant.ToString()), ("deployment", deployment.ToString()),
                ("device", device.ToString())),
            cancellationToken);

    public ValueTask<Page<FiguresRow>> ListAsync(
        TenantId tenant,
        DeploymentId deployment,
        DeviceId? after,
        int rowsMax,
        CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(
                ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("deployment", deployment.ToString()),
                ("after", after?.ToString() ?? "")),
            cancellationToken);

    /// <summary>Removes the rows of a device that goes, or that is other hardware from now on.</summary>
    public static async ValueTask RemoveAsync(SqlScope scope, TenantId tenant, DeviceId device) =>
        await scope.ExecuteAsync(
            DeleteOfDevice, ("tenant", tenant.ToString()), ("device", device.ToString())).ConfigureAwait(false);

    /// <summary>Removes the rows of a deployment that goes.</summary>
    public static async ValueTask RemoveAsync(SqlScope scope, TenantId tenant, DeploymentId deployment) =>
        await scope.ExecuteAsync(
            DeleteOfDeployment, ("tenant", tenant.ToString()), ("deployment", deployment.ToString()))
            .ConfigureAwait(false);

    private static FiguresRow Read(SqlRow row) => new()
    {
        Device = row.Device(),
        Deployment = row.Deployment(),
        Json = row.Text(),
        AtMs = row.NotNegative(),
    };
}
