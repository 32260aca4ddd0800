using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>
/// What devices report: the newest status and facts replace the older, events are added. A gap in the sequence is
/// accepted: the device dropped what it could not keep.
/// </summary>
public interface IReportStore
{
    /// <summary>Commits one report; concurrent calls share one transaction.</summary>
    ValueTask<ReportVerdict> CommitAsync(TenantId tenant, ReportCommit report, CancellationToken cancellationToken);

    /// <summary>Commits several in their order, in one transaction. One verdict each.</summary>
    ValueTask<ImmutableArray<ReportVerdict>> CommitManyAsync(
        TenantId tenant, IReadOnlyList<ReportCommit> reports, CancellationToken cancellationToken);
}
