using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>
/// The store in memory: the model that the other drivers are held against, and the simulator's driver. Every call
/// completes synchronously, but <see cref="WaitBeyondAsync"/> with a timeout while nothing has changed.
/// State is immutable below, so a snapshot costs nothing and a call is one transaction by its nature.
/// </summary>
public sealed class MemoryStore : IKedgeStore
{
    private readonly MemoryEngine _engine;

    /// <summary>An empty store.</summary>
    /// <param name="time">Runs the timeout of <see cref="WaitBeyondAsync"/>.</param>
    public MemoryStore(TimeProvider time)
    {
        _engine = new MemoryEngine(time);
        Devices = new MemoryDevices(_engine);
        Certificates = new MemoryCertificates(_engine);
        Reports = new MemoryReports(_engine);
        Desired = new MemoryDesired(_engine);
        Deployments = new MemoryDeployments(_engine);
        Rollouts = new MemoryRollouts(_engine);
        Figures = new MemoryFigures(_engine);
        Packages = new MemoryPackages(_engine);
        Chunks = new MemoryChunks(_engine);
        Tokens = new MemoryTokens(_engine);
        Credentials = new MemoryCredentials(_engine);
        Sites = new MemorySites(_engine);
        Trust = new MemoryTrust(_engine);
        Apply = new MemoryApply(_engine);
        Events = new MemoryEvents(_engine);
        Leases = new MemoryLeases(_engine);
    }

    /// <inheritdoc/>
    public IDeviceStore Devices { get; }

    /// <inheritdoc/>
    public ICertificateStore Certificates { get; }

    /// <inheritdoc/>
    public IReportStore Reports { get; }

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
    public ValueTask<long> RevisionAsync(CancellationToken cancellationToken) => new(_engine.State.Revision);

    /// <inheritdoc/>
    public ValueTask<long> WaitBeyondAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long held = _engine.State.Revision;
        return held == revision ? _engine.Signal.WaitAsync(revision, timeout, cancellationToken) : new(held);
    }

    /// <summary>All that the store holds now.</summary>
    public MemorySnapshot Snapshot() => new(_engine.State);

    /// <summary>Goes back to a snapshot, as a restore from a backup does: the revision goes back too.</summary>
    public void Restore(MemorySnapshot snapshot) => _engine.Replace(snapshot.State);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
