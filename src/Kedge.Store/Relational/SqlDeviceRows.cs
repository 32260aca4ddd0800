using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Reading and writing rows of the table of devices, within a transaction.</summary>
internal static class SqlDeviceRows
{
    private const string Columns = """
        d.device, d.incarnation, d.key, d.revision, d.changed_at_revision, d.labels, d.annotations, d.cordoned,
        d.revoked_at_ms, d.enrolled_at_ms, d.connected, d.connection_epoch, d.replica, d.presence_at_ms,
        d.last_seen_ms, d.last_sequence, d.status_at_ms, d.reported_generation, d.settled, d.facts_at_ms,
        d.desired_generation, d.desired_floor, d.desired_content, d.desired_key, d.desired_plan_revision,
        d.desired_at_ms
        """;

    private const string Whole = $"""
        select {Columns}, coalesce(s.json, ''), coalesce(f.json, '')
        from devices d
        left join device_status s on s.tenant = d.tenant and s.device = d.device
        left join device_facts f on f.tenant = d.tenant and f.device = d.device
        """;

    private const string FindWhole = Whole + " where d.tenant = @tenant and d.device = @device";

    private const string FindSlim =
        $"select {Columns}, '', '' from devices d where d.tenant = @tenant and d.device = @device";

    private const string ListWhole = Whole + """
         where d.tenant = @tenant and d.device > @after and d.changed_at_revision > @beyond
        order by d.device limit @rows_max
        """;

    private const string ListSlim = $"""
        select {Columns}, '', ''
        from devices d
        where d.tenant = @tenant and d.device > @after and d.changed_at_revision > @beyond
        order by d.device limit @rows_max
        """;

    private const string Upsert = """
        insert into devices (
            tenant, device, incarnation, key, revision, changed_at_revision, labels, annotations, cordoned,
            revoked_at_ms, enrolled_at_ms, connected, connection_epoch, replica, presence_at_ms, last_seen_ms,
            last_sequence, status_at_ms, reported_generation, settled, facts_at_ms, desired_generation, desired_floor,
            desired_content, desired_key, desired_plan_revision, desired_at_ms)
        values (
            @tenant, @device, @incarnation, @key, @revision, @changed_at_revision, @labels, @annotations, @cordoned,
            @revoked_at_ms, @enrolled_at_ms, @connected, @connection_epoch, @replica, @presence_at_ms, @last_seen_ms,
            @last_sequence, @status_at_ms, @reported_generation, @settled, @facts_at_ms, @desired_generation,
            @desired_floor, @desired_content, @desired_key, @desired_plan_revision, @desired_at_ms)
        on conflict (tenant, device) do update set
            incarnation = excluded.incarnation, key = excluded.key, revision = excluded.revision,
            changed_at_revision = excluded.changed_at_revision, labels = excluded.labels,
            annotations = excluded.annotations, cordoned = excluded.cordoned, revoked_at_ms = excluded.revoked_at_ms,
            enrolled_at_ms = excluded.enrolled_at_ms, connected = excluded.connected,
            connection_epoch = excluded.connection_epoch, replica = excluded.replica,
            presence_at_ms = excluded.presence_at_ms, last_seen_ms = excluded.last_seen_ms,
            last_sequence = excluded.last_sequence, status_at_ms = excluded.status_at_ms,
            reported_generation = excluded.reported_generation, settled = excluded.settled,
            facts_at_ms = excluded.facts_at_ms, desired_generation = excluded.desired_generation,
            desired_floor = excluded.desired_floor, desired_content = excluded.desired_content,
            desired_key = excluded.desired_key, desired_plan_revision = excluded.desired_plan_revision,
            desired_at_ms = excluded.desired_at_ms
        """;

    /// <summary>The device with its documents.</summary>
    public static ValueTask<DeviceRow?> FindAsync(SqlSession session, TenantId tenant, DeviceId device) =>
        session.FirstAsync(FindWhole, Read, ("tenant", tenant.ToString()), ("device", device.ToString()));

    /// <summary>The device; its documents are left empty.</summary>
    public static ValueTask<DeviceRow?> FindSlimAsync(SqlSession session, TenantId tenant, DeviceId device) =>
        session.FirstAsync(FindSlim, Read, ("tenant", tenant.ToString()), ("device", device.ToString()));

    public static ValueTask<Page<DeviceRow>> ListAsync(SqlSession session, TenantId tenant, DeviceQuery query) =>
        session.PageAsync(ListWhole, Read, query.RowsMax, Bounds(tenant, query));

    public static ValueTask<Page<DesiredSummary>> ListHeadsAsync(
        SqlSession session, TenantId tenant, DeviceQuery query) =>
        session.PageAsync(ListSlim, ReadSummary, query.RowsMax, Bounds(tenant, query));

    /// <summary>Writes all but the documents.</summary>
    public static async ValueTask SaveAsync(SqlScope scope, TenantId tenant, DeviceRow row) =>
        await scope.ExecuteAsync(
            Upsert,
            ("tenant", tenant.ToString()), ("device", row.Id.ToString()), ("incarnation", row.Incarnation),
            ("key", row.Key.ToString()), ("revision", row.Revision), ("changed_at_revision", row.ChangedAtRevision),
            ("labels", SqlJson.WriteLabels(row.Labels)), ("annotations", SqlJson.WriteLabels(row.Annotations)),
            ("cordoned", row.Cordoned ? 1L : 0L), ("revoked_at_ms", row.RevokedAtMs),
            ("enrolled_at_ms", row.EnrolledAtMs), ("connected", row.Connected ? 1L : 0L),
            ("connection_epoch", row.ConnectionEpoch), ("replica", row.Replica), ("presence_at_ms", row.PresenceAtMs),
            ("last_seen_ms", row.LastSeenMs), ("last_sequence", row.LastSequence), ("status_at_ms", row.StatusAtMs),
            ("reported_generation", row.ReportedGeneration.Value), ("settled", row.Settled ? 1L : 0L),
            ("facts_at_ms", row.FactsAtMs), ("desired_generation", row.Desired.Generation.Value),
            ("desired_floor", row.Desired.Floor.Value), ("desired_content", row.Desired.Content.ToString()),
            ("desired_key", row.Desired.DeviceKey.ToString()), ("desired_plan_revision", row.Desired.PlanRevision),
            ("desired_at_ms", row.Desired.CommittedAtMs)).ConfigureAwait(false);

    private static (string Name, object Value)[] Bounds(TenantId tenant, DeviceQuery query) =>
        [("tenant", tenant.ToString()), ("after", query.After?.ToString() ?? ""), ("beyond", query.ChangedBeyond)];

    private static DesiredSummary ReadSummary(SqlRow row)
    {
        DeviceRow device = Read(row);
        return new DesiredSummary(device.Id, device.Desired, device.ReportedGeneration, device.Settled);
    }

    /// <summary>The initialisers run in the order of the columns.</summary>
    private static DeviceRow Read(SqlRow row)
    {
        DeviceRow device = new()
        {
            Id = row.Device(),
            Incarnation = row.Text(),
            Key = row.Digest(),
            Revision = row.NotNegative(),
            ChangedAtRevision = row.NotNegative(),
            Labels = row.Labels(),
            Annotations = row.Labels(),
            Cordoned = row.Flag(),
            RevokedAtMs = row.NotNegative(),
            EnrolledAtMs = row.NotNegative(),
            Connected = row.Flag(),
            ConnectionEpoch = row.NotNegative(),
            Replica = row.Text(),
            PresenceAtMs = row.NotNegative(),
            LastSeenMs = row.NotNegative(),
            LastSequence = row.NotNegative(),
            StatusAtMs = row.NotNegative(),
            ReportedGeneration = new Generation(row.NotNegative()),
            Settled = row.Flag(),
            FactsAtMs = row.NotNegative(),
            Desired = new DesiredHead
            {
                Generation = new Generation(row.NotNegative()),
                Floor = new Generation(row.NotNegative()),
                Content = row.DigestOrNone(),
                DeviceKey = row.DigestOrNone(),
                PlanRevision = row.NotNegative(),
                CommittedAtMs = row.NotNegative(),
            },
            StatusJson = row.Text(),
            FactsJson = row.Text(),
        };
        return device;
    }
}
