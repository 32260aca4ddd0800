using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>
/// The store over a relational database: one set of hand-written statements, which SQLite and PostgreSQL both
/// understand, over two engines that differ in connections, locks, migrations and wake-ups (ADR 0010).
/// </summary>
public abstract class RelationalStore : IKedgeStore
{
    private readonly IRelationalEngine _engine;
    private readonly SqlReports _reports;

    private protected RelationalStore(IRelationalEngine engine)
    {
        _engine = engine;
        _reports = new SqlReports(engine);
        Devices = new SqlDevices(engine);
        Certificates = new SqlCertificates(engine);
        Desired = new SqlDesired(engine);
        Deployments = new SqlDeployments(engine);
        Rollouts = new SqlRollouts(engine);
        Figures = new SqlFigures(engine);
        Packages = new SqlPackages(engine);
        Chunks = new SqlChunks(engine);
        Tokens = new SqlTokens(engine);
        Credentials = new SqlCredentials(engine);
        Sites = new SqlSites(engine);
        Trust = new SqlTrust(engine);
        Apply = new SqlApply(engine);
        Events = new SqlEvents(engine);
        Leases = new SqlLeases(engine);
    }

    /// <inheritdoc/>
    public IDeviceStore Devices { get; }

    /// <inheritdoc/>
    public ICertificateStore Certificates { get; }

    /// <inheritdoc/>
    public IReportStore Reports => _reports;

    /// <inheritdoc/>
    public IDesiredStore Desired { get; }

    /// <inheritdoc/>
    public IDeploymentStore Deployments { get; }

    /// <inheritdoc/>
    public IRolloutStore Rollouts { get; }

    /// <inheritdoc/>
    public IFiguresStore Figures { get; }

    /// <inheritdoc/>
    public IPackageStore Packages { get; }

    /// <inheritdoc/>
    public IChunkIndex Chunks { get; }

    /// <inheritdoc/>
    public IEnrolmentTokenStore Tokens { get; }

    /// <inheritdoc/>
    public ICredentialStore Credentials { get; }

    /// <inheritdoc/>
    public ISiteStore Sites { get; }

    /// <inheritdoc/>
    public ITrustStore Trust { get; }

    /// <inheritdoc/>
    public IApplyStore Apply { get; }

    /// <inheritdoc/>
    public IEventStore Events { get; }

    /// <inheritdoc/>
    public ILeaseStore Leases { get; }

    /// <inheritdoc/>
    public ValueTask<long> RevisionAsync(CancellationToken cancellationToken) =>
        _engine.ReadAsync(session => session.RevisionAsync(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> WaitBeyondAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken) =>
        _engine.WaitBeyondAsync(revision, timeout, cancellationToken);

    /// <summary>Finishes the commits that are under way and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        await _reports.DrainAsync().ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }
}
