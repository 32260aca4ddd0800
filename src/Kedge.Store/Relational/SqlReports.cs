using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>
/// Reports in a database. Reports that arrive while a commit is under way are committed together after it: one flush
/// of the disk for all of them, and none waits for a timer.
/// </summary>
internal sealed class SqlReports(IRelationalEngine engine) : IReportStore
{
    private const string SaveStatus = """
        insert into device_status (tenant, device, json) values (@tenant, @device, @json)
        on conflict (tenant, device) do update set json = excluded.json
        """;

    private const string SaveFacts = """
        insert into device_facts (tenant, device, json) values (@tenant, @device, @json)
        on conflict (tenant, device) do update set json = excluded.json
        """;

    private const string SaveProgress = """
        update devices set
            last_sequence = @sequence, changed_at_revision = @revision, last_seen_ms = @last_seen,
            status_at_ms = @status_at, reported_generation = @generation, settled = @settled, facts_at_ms = @facts_at
        where tenant = @tenant and device = @device
        """;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private Task _drain = Task.CompletedTask;

    public async ValueTask<ReportVerdict> CommitAsync(
        TenantId tenant, ReportCommit report, CancellationToken cancellationToken)
    {
        StoreCheck.Tenant(tenant);
        StoreCheck.Report(report);
        Waiting mine = new(tenant, report);
        lock (_lock)
        {
            _waiting.Enqueue(mine);
            if (_drain.IsCompleted)
            {
                _drain = Task.Run(CommitWaitingAsync, CancellationToken.None);
            }
        }

        return await mine.Verdict.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ImmutableArray<ReportVerdict>> CommitManyAsync(
        TenantId tenant, IReadOnlyList<ReportCommit> reports, CancellationToken cancellationToken)
    {
        StoreCheck.Tenant(tenant);
        Check.That(reports.Count <= StoreLimits.ReportBatchMax);
        foreach (ReportCommit report in reports)
        {
            StoreCheck.Report(report);
        }

        return engine.WriteAsync(
            scope => CommitAllAsync(scope, [.. reports.Select(r => (tenant, r))]), cancellationToken);
    }

    /// <summary>Waits until what was handed over is committed.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            return _drain;
        }
    }

    private async Task CommitWaitingAsync()
    {
        while (Take() is { Length: > 0 } batch)
        {
            try
            {
                ImmutableArray<ReportVerdict> verdicts = await engine.WriteAsync(
                    scope => CommitAllAsync(scope, [.. batch.Select(w => (w.Tenant, w.Report))]),
                    CancellationToken.None).ConfigureAwait(false);
                for (int index = 0; index < batch.Length; index++)
                {
                    batch[index].Verdict.SetResult(verdicts[index]);
                }
            }
            catch (Exception e)
            {
                // Each of them learns that its report is not durable; the next batch is tried anew.
                foreach (Waiting waiting in batch)
                {
                    waiting.Verdict.TrySetException(e);
                }
            }
        }
    }

    /// <summary>The next batch. An empty one ends the drain, under the lock that starts the next drain.</summary>
    private Waiting[] Take()
    {
        lock (_lock)
        {
            Waiting[] batch = new Waiting[Math.Min(_waiting.Count, StoreLimits.ReportBatchMax)];
            for (int index = 0; index < batch.Length; index++)
            {
                batch[index] = _waiting.Dequeue();
            }

            if (batch.Length == 0)
            {
                _drain = Task.CompletedTask;
            }

            return batch;
        }
    }

    private static async ValueTask<ImmutableArray<ReportVerdict>> CommitAllAsync(
        SqlScope scope, ImmutableArray<(TenantId Tenant, ReportCommit Report)> reports)
    {
        ImmutableArray<ReportVerdict>.Builder verdicts = ImmutableArray.CreateBuilder<ReportVerdict>(reports.Length);
        foreach ((TenantId tenant, ReportCommit report) in reports)
        {
            verdicts.Add(await CommitAsync(scope, tenant, report).ConfigureAwait(false));
        }

        return verdicts.ToImmutable();
    }

    private static async ValueTask<ReportVerdict> CommitAsync(SqlScope scope, TenantId tenant, ReportCommit report)
    {
        DeviceRow? held = await SqlDeviceRows.FindSlimAsync(scope, tenant, report.Device).ConfigureAwait(false);
        ReportVerdict verdict = StoreRules.JudgeReport(held, report);
        if (verdict != ReportVerdict.Committed)
        {
            return verdict;
        }

        Check.That(held is not null);
        ReportBody.Status? status = report.Body as ReportBody.Status;
        bool isFacts = report.Body is ReportBody.Facts;
        await scope.ExecuteAsync(
            SaveProgress,
            ("tenant", tenant.ToString()), ("device", report.Device.ToString()), ("sequence", report.Sequence),
            ("revision", scope.Mark()), ("last_seen", Math.Max(held.LastSeenMs, report.ReceivedAtMs)),
            ("status_at", status is null ? held.StatusAtMs : report.ReceivedAtMs),
            ("generation", (status?.Generation ?? held.ReportedGeneration).Value),
            ("settled", (status?.Settled ?? held.Settled) ? 1L : 0L),
            ("facts_at", isFacts ? report.ReceivedAtMs : held.FactsAtMs)).ConfigureAwait(false);
        await SaveBodyAsync(scope, tenant, report).ConfigureAwait(false);
        return verdict;
    }

    private static async ValueTask SaveBodyAsync(SqlScope scope, TenantId tenant, ReportCommit report)
    {
        switch (report.Body)
        {
            case ReportBody.Status(var json, _, _):
                await scope.ExecuteAsync(SaveStatus, Document(tenant, report, json)).ConfigureAwait(false);
                break;
            case ReportBody.Facts(var json):
                await scope.ExecuteAsync(SaveFacts, Document(tenant, report, json)).ConfigureAwait(false);
                break;
            case ReportBody.Happening(var entry):
                await SqlEvents.AppendAsync(scope, tenant, [entry with { Device = report.Device }])
                    .ConfigureAwait(false);
                break;
            default:
                throw Check.Unreachable(report.Body);
        }
    }

    private static (string Name, object Value)[] Document(TenantId tenant, ReportCommit report, string json) =>
        [("tenant", tenant.ToString()), ("device", report.Device.ToString()), ("json", json)];

    /// <summary>A report and who waits for it.</summary>
    private sealed record Waiting(TenantId Tenant, ReportCommit Report)
    {
        public TaskCompletionSource<ReportVerdict> Verdict { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
