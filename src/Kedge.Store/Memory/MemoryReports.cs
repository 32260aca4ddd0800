using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Reports in memory.</summary>
internal sealed class MemoryReports(MemoryEngine engine) : IReportStore
{
    public ValueTask<ReportVerdict> CommitAsync(
        TenantId tenant, ReportCommit report, CancellationToken cancellationToken)
    {
        StoreCheck.Report(report);
        return new(engine.Write(tenant, scope => Commit(scope, report)));
    }

    public ValueTask<ImmutableArray<ReportVerdict>> CommitManyAsync(
        TenantId tenant, IReadOnlyList<ReportCommit> reports, CancellationToken cancellationToken)
    {
        Check.That(reports.Count <= StoreLimits.ReportBatchMax);
        foreach (ReportCommit report in reports)
        {
            StoreCheck.Report(report);
        }

        return new(engine.Write<ImmutableArray<ReportVerdict>>(
            tenant, scope => [.. reports.Select(report => Commit(scope, report))]));
    }

    private static ReportVerdict Commit(MemoryScope scope, ReportCommit report)
    {
        DeviceRow? held = scope.Tenant.Devices.GetValueOrDefault(report.Device);
        ReportVerdict verdict = StoreRules.JudgeReport(held, report);
        if (verdict != ReportVerdict.Committed)
        {
            return verdict;
        }

        Check.That(held is not null);
        DeviceRow row = held with
        {
            LastSequence = report.Sequence,
            LastSeenMs = Math.Max(held.LastSeenMs, report.ReceivedAtMs),
            ChangedAtRevision = scope.Mark(),
        };
        MemoryDevices.Save(scope, report.Body switch
        {
            ReportBody.Status status => row with
            {
                StatusJson = status.Json,
                StatusAtMs = report.ReceivedAtMs,
                ReportedGeneration = status.Generation,
                Settled = status.Settled,
            },
            ReportBody.Facts facts => row with { FactsJson = facts.Json, FactsAtMs = report.ReceivedAtMs },
            ReportBody.Happening => row,
            _ => throw Check.Unreachable(report.Body),
        });
        if (report.Body is ReportBody.Happening happening)
        {
            MemoryEvents.Append(scope, happening.Entry with { Device = report.Device });
        }

        return verdict;
    }
}
