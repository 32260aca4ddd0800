using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Events in a database.</summary>
internal sealed class SqlEvents(IRelationalEngine engine) : IEventStore
{
    private const string Select = """
        select id, at_ms, reason, message, device, deployment, subject, warning, code
        from events where tenant = @tenant and id < @before and id > @after_id
        """;

    private const string Newest = "select id from events where tenant = @tenant order by id desc limit 1";

    private const string Insert = """
        insert into events (tenant, id, at_ms, reason, message, device, deployment, subject, warning, code)
        values (@tenant, @id, @at, @reason, @message, @device, @deployment, @subject, @warning, @code)
        """;

    private const string TrimTenant = "delete from events where tenant = @tenant and id <= @oldest";

    private const string TrimDevice = """
        delete from events where tenant = @tenant and device = @device and id <= (
            select id from events where tenant = @tenant and device = @device order by id desc limit 1 offset @kept)
        """;

    public async ValueTask AppendAsync(
        TenantId tenant, IReadOnlyList<EventWrite> entries, CancellationToken cancellationToken) =>
        await engine.WriteAsync(
            async scope =>
            {
                await AppendAsync(scope, tenant, entries).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask<Page<EventRow>> ListAsync(
        TenantId tenant, EventQuery query, CancellationToken cancellationToken)
    {
        List<(string Name, object Value)> values =
        [
            ("tenant", tenant.ToString()), ("before", query.BeforeId ?? long.MaxValue), ("after_id", query.AfterId),
        ];
        string where = Select;
        if (query.Device is { } device)
        {
            where += " and device = @device";
            values.Add(("device", device.ToString()));
        }

        if (query.Deployment is { } deployment)
        {
            where += " and deployment = @deployment";
            values.Add(("deployment", deployment.ToString()));
        }

        if (query.Subject.Length > 0)
        {
            where += " and subject = @subject";
            values.Add(("subject", query.Subject));
        }

        return engine.ReadAsync(
            session => session.PageAsync(
                where + " order by id desc limit @rows_max", Read, query.RowsMax, [.. values]),
            cancellationToken);
    }

    public static async ValueTask AppendAsync(SqlScope scope, TenantId tenant, IReadOnlyList<EventWrite> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        scope.Mark();
        long id = await scope.NumberAsync(Newest, ("tenant", tenant.ToString())).ConfigureAwait(false) ?? 0;
        foreach (EventWrite entry in entries)
        {
            id++;
            await InsertAsync(scope, tenant, id, StoreCheck.Clean(entry)).ConfigureAwait(false);
        }

        foreach (DeviceId? device in entries.Select(e => e.Device).Distinct())
        {
            await TrimAsync(scope, tenant, device).ConfigureAwait(false);
        }

        await scope.ExecuteAsync(
            TrimTenant, ("tenant", tenant.ToString()), ("oldest", id - StoreLimits.EventsPerTenantMax))
            .ConfigureAwait(false);
    }

    private static async ValueTask InsertAsync(SqlScope scope, TenantId tenant, long id, EventWrite entry) =>
        await scope.ExecuteAsync(
            Insert,
            ("tenant", tenant.ToString()), ("id", id), ("at", entry.AtMs), ("reason", entry.Reason),
            ("message", entry.Message), ("device", entry.Device?.ToString() ?? ""),
            ("deployment", entry.Deployment?.ToString() ?? ""), ("subject", entry.Subject),
            ("warning", entry.Warning ? 1L : 0L), ("code", entry.Code)).ConfigureAwait(false);

    private static async ValueTask TrimAsync(SqlScope scope, TenantId tenant, DeviceId? device)
    {
        if (device is { } noisy)
        {
            await scope.ExecuteAsync(
                TrimDevice, ("tenant", tenant.ToString()), ("device", noisy.ToString()),
                ("kept", (long)StoreLimits.EventsPerDeviceMax)).ConfigureAwait(false);
        }
    }

    private static EventRow Read(SqlRow row) => new(row.Number(), new EventWrite
    {
        AtMs = row.Number(),
        Reason = row.Text(),
        Message = row.Text(),
        Device = row.DeviceOrNone(),
        Deployment = row.DeploymentOrNone(),
        Subject = row.Text(),
        Warning = row.Flag(),
        Code = row.Text(),
    });
}
