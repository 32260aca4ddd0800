namespace Kedge.Store.Contracts;

/// <summary>
/// Everything that the control plane remembers, cut by aggregate.
/// <para><b>Problem.</b> Several loops, requests and replicas read and change one fleet. None may lose the change of
/// another, act on half a change, or need to know which database is below.</para>
/// <para><b>Approach.</b> Contracts by the question asked, <c>TenantId</c> first in every one. Each call is one
/// transaction: it commits whole or changes nothing, and says which by a closed outcome. Changes are compare-and-set on
/// a revision, a parent generation, an epoch or a digest. Documents (specs, status, facts, manifests) are opaque JSON
/// text of the caller; what the store compares or searches by is a typed column beside it (ADR 0010).</para>
/// <para><b>Invariants.</b> One revision grows by at least one with every committed change that somebody may watch, in
/// commit order, over all tenants. A row's <c>Revision</c> is the store revision that last changed what people
/// asked for in it: compare-and-set on that. A device's <c>ChangedAtRevision</c> moves with reports and presence too:
/// watch that. Heartbeats, figures, leases and the chunk index do not move the revision. Desired generations only
/// grow.</para>
/// <para><b>Not here.</b> No clock: every time is a Unix millisecond given by the caller. No secrets of the server. No
/// model bytes: chunks lie in a content folder, the store knows which there are. No decision: selectors, roles and
/// plans are judged by the caller.</para>
/// <para>Drivers: <c>MemoryStore</c> (the model: completes synchronously, <c>Snapshot</c> and <c>Restore</c>),
/// <c>SqliteStore</c> (one server) and <c>PostgresStore</c> (many replicas). One suite proves all three.</para>
/// </summary>
public interface IKedgeStore : IAsyncDisposable
{
    /// <summary>Devices: enrolment, labels, presence, certificates.</summary>
    IDeviceStore Devices { get; }

    /// <summary>Certificates of devices and their revocation.</summary>
    ICertificateStore Certificates { get; }

    /// <summary>What devices report.</summary>
    IReportStore Reports { get; }

    /// <summary>What each device is asked to run.</summary>
    IDesiredStore Desired { get; }

    /// <summary>Deployments and their revisions.</summary>
    IDeploymentStore Deployments { get; }

    /// <summary>Where the rollouts of deployments stand.</summary>
    IRolloutStore Rollouts { get; }

    /// <summary>What devices measured of their workloads.</summary>
    IFiguresStore Figures { get; }

    /// <summary>Models: packages and tags.</summary>
    IPackageStore Packages { get; }

    /// <summary>Which chunks a tenant has.</summary>
    IChunkIndex Chunks { get; }

    /// <summary>One-time tokens by which devices enrol.</summary>
    IEnrolmentTokenStore Tokens { get; }

    /// <summary>Credentials of people and programs.</summary>
    ICredentialStore Credentials { get; }

    /// <summary>Places whose devices share one line.</summary>
    ISiteStore Sites { get; }

    /// <summary>Documents that the owner key signed.</summary>
    ITrustStore Trust { get; }

    /// <summary>Manifests of many objects, as one transaction.</summary>
    IApplyStore Apply { get; }

    /// <summary>What happened, newest first.</summary>
    IEventStore Events { get; }

    /// <summary>Who leads what, among replicas.</summary>
    ILeaseStore Leases { get; }

    /// <summary>The store revision: 0 for an empty store, then growing with every committed change.</summary>
    ValueTask<long> RevisionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits until the store revision is not <paramref name="revision"/> any more, at most <paramref name="timeout"/>
    /// (zero asks without waiting). A revision below the given one means that the store was restored: it returns then
    /// too.
    /// </summary>
    /// <returns>The revision that holds now; the given one when the time ran out.</returns>
    ValueTask<long> WaitBeyondAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken);
}
