using Kedge.Core.Errors;
using Kedge.Inference.Cache;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Statistics;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Scheduling;

namespace Kedge.ModelServer.Models;

/// <summary>
/// One version of a model that can be asked, with its memory and its counters. A front end rents a run, reads the
/// request into it, computes it, writes the answer, counts it, and gives the run back. From Rent to Count the model
/// stays in memory; where it was not there, computing waits until it is. It outlives its session: whoever found it can
/// ask it.
/// </summary>
internal sealed class ServedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<InferenceRun> _pool = new(ServeLimits.PooledRunsMax);
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, TimeSpan, ValueTask<Finding?>>? _load;
    private IInferenceSession? _session;
    private int _loads = 1;
    private long _lastUsed;
    private readonly ModelLane _lane;
    private readonly KeptResponses? _kept;

    internal ServedModel(
        ServeModel model,
        IInferenceSession session,
        LatencyCounter latency,
        TimeProvider time,
        ValueCounter? values = null,
        ComputeSlots? slots = null)
        : this(model, session, latency, time, values, null, static _ => { }, slots) => Residency.Open();

    /// <summary>One that comes and goes: closed at first.</summary>
    /// <param name="model">What it is.</param>
    /// <param name="session">In memory.</param>
    /// <param name="latency">Counts requests of all models.</param>
    /// <param name="time">For timestamps.</param>
    /// <param name="values">Counts values; null where nobody asks for them.</param>
    /// <param name="load">Waits until a request may use it, which it then does.</param>
    /// <param name="onIdle">Told when nobody uses it any more, after it was closed.</param>
    /// <param name="slots">The processors that it shares with others; null for its own.</param>
    internal ServedModel(
        ServeModel model,
        IInferenceSession session,
        LatencyCounter latency,
        TimeProvider time,
        ValueCounter? values,
        Func<CancellationToken, TimeSpan, ValueTask<Finding?>>? load,
        Action<int> onIdle,
        ComputeSlots? slots)
    {
        Residency = new Residency(onIdle);
        _load = load;
        Signature = session.Signature;
        Values = values;
        Name = model.Name;
        Version = model.Version;
        Digest = model.PackageDigest;
        _session = session;
        _time = time;
        Counters = new ModelCounters(latency, model.Scheduling.Batching.MaxSize);
        _lane = new ModelLane(
            session.Signature, Compute, () => _session, model.Scheduling, slots ?? ComputeSlots.OfProcess(time),
            Counters, time);
        _kept = model.Scheduling.CacheBytes > 0
            ? new KeptResponses(model.Scheduling.CacheBytes, $"{model.Name}/{model.Version}@{model.PackageDigest}")
            : null;
        Platform = SessionFactory.Platform(model);
        Config = ModelConfigWriter.Write(
            model.Name, Platform, SessionFactory.Backend(model), session.Signature, model.Scheduling);
        ConfigMessage = GrpcModelConfig.Write(
            model.Name, Platform, SessionFactory.Backend(model), session.Signature, model.Scheduling);
        Grpc = new GrpcResponseWriter(model.Name, model.Version);
        Ready = MetadataWriter.ModelReady(model.Name);
    }

    internal string Name { get; }

    internal string Version { get; }

    internal string Digest { get; }

    /// <summary>What it takes and gives.</summary>
    internal ModelSignature Signature { get; }

    /// <summary>Who uses it now. Opened and closed by <see cref="ModelRepository"/>.</summary>
    internal Residency Residency { get; }

    /// <summary>When a request was computed last, or waited for that: a timestamp of the process's clock.</summary>
    internal long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>What computes it, in Triton's words.</summary>
    internal string Platform { get; }

    /// <summary>Body of the model's configuration.</summary>
    internal byte[] Config { get; }

    /// <summary>The same as a message of gRPC.</summary>
    internal byte[] ConfigMessage { get; }

    /// <summary>Writes its answers where a request came over gRPC.</summary>
    internal GrpcResponseWriter Grpc { get; }

    /// <summary>Body that says that it is ready.</summary>
    internal byte[] Ready { get; }

    internal ModelCounters Counters { get; }

    /// <summary>Counts values of its requests; null where nobody asks for them.</summary>
    internal ValueCounter? Values { get; }

    /// <summary>Memory for one request.</summary>
    internal InferenceRun Rent()
    {
        InferenceRun? run;
        lock (_gate)
        {
            _ = _pool.TryPop(out run);
        }

        run ??= Make();
        run.RetryAfter = TimeSpan.Zero;
        if (Residency.TryEnter())
        {
            Hold(run);
        }

        return run;
    }

    /// <summary>Takes the memory back for the next request.</summary>
    internal void Return(InferenceRun run)
    {
        Release(run);
        run.Trim();
        lock (_gate)
        {
            if (_pool.Count < ServeLimits.PooledRunsMax && run.Load == _loads)
            {
                _pool.Push(run);
                return;
            }
        }

        run.Dispose();
    }

    /// <summary>
    /// Computes what was read into a run. Done at once, and without allocation, where nothing has to wait.
    /// </summary>
    /// <returns>Null when the wanted outputs are there, else why not.</returns>
    internal ValueTask<Finding?> RunAsync(InferenceRun run, in RequestTerms terms)
    {
        if (!run.IsHeld)
        {
            return RunWhenLoadedAsync(run, terms);
        }

        run.ReadAt = _time.GetTimestamp();
        Volatile.Write(ref _lastUsed, run.ReadAt);
        run.IsCached = false;
        return _kept is null ? _lane.RunAsync(run, terms) : RunKeptAsync(_kept, run, terms);
    }

    /// <summary>Counts a request whose answer was written, or that failed. Lets go of the model.</summary>
    internal void Count(InferenceRun run, in RequestTerms terms, Finding? fault)
    {
        Release(run);
        if (!terms.IsCounted)
        {
            return;
        }

        terms.Client?.Count(fault is not null);
        if (fault is not null)
        {
            Counters.CountFailure(_time, fault, terms.Started);
            return;
        }

        Counters.CountSuccess(_time, terms.Started, run);
        Values?.Count(run.Call, run.ComputedAt);
    }

    /// <summary>What it did since the start.</summary>
    internal ModelStatistics ReadStatistics() => Counters.Read(Name, Version);

    /// <summary>Puts a session of the same file in the place of one that was taken out.</summary>
    internal void Put(IInferenceSession session)
    {
        Kedge.Core.Check.That(_session is null);
        lock (_gate)
        {
            _session = session;
            _loads++;
        }
    }

    /// <summary>Takes the session out, with the memory of requests, once nobody uses them.</summary>
    internal IInferenceSession Take()
    {
        IInferenceSession session = Session;
        _lane.Forget();
        lock (_gate)
        {
            _session = null;
            while (_pool.TryPop(out InferenceRun? run))
            {
                run.Dispose();
            }
        }

        return session;
    }

    /// <summary>True when a run takes so little that another thread would not be worth its waking.</summary>
    internal bool IsQuick => _lane.UsualTime < ServeLimits.QuickRunTime;

    /// <summary>Requests that wait to be computed.</summary>
    internal int Waiting => _lane.Waiting;

    /// <summary>Bytes of answers that are kept.</summary>
    internal long KeptBytes => _kept?.ByteCount ?? 0;

    public void Dispose()
    {
        _lane.Dispose();
        _session?.Dispose();
    }

    /// <summary>In memory for as long as anybody holds it.</summary>
    private IInferenceSession Session => _session ?? throw Kedge.Core.Check.Unreachable(Name);

    private async ValueTask<Finding?> RunWhenLoadedAsync(InferenceRun run, RequestTerms terms)
    {
        await ReadingThread.LeaveAsync();
        Volatile.Write(ref _lastUsed, _time.GetTimestamp());
        TimeSpan left = terms.Timeout == TimeSpan.Zero
            ? TimeSpan.Zero
            : terms.Timeout - _time.GetElapsedTime(terms.Started);
        if (_load is null || left < TimeSpan.Zero)
        {
            return ServeErrors.LoadTooSlow.At($"{Name} was not in memory, and the time of the request is over.");
        }

        run.ReadAt = _time.GetTimestamp();
        run.ComputedAt = run.ReadAt;
        if (await _load(terms.Gone, left).ConfigureAwait(false) is { } fault)
        {
            return fault;
        }

        Hold(run);
        return await RunAsync(run, terms).ConfigureAwait(false);
    }

    /// <summary>
    /// What is kept is found by what the inputs were: a client must not be able to change them before they are
    /// computed.
    /// </summary>
    private InferenceRun Make()
    {
        InferenceRun run = new(Signature);
        run.Call.Extensions.BorrowsInputs = _kept is null;
        return run;
    }

    private void Hold(InferenceRun run)
    {
        run.IsHeld = true;
        run.Load = _loads;
    }

    private void Release(InferenceRun run)
    {
        if (run.IsHeld)
        {
            run.IsHeld = false;
            Residency.Leave();
        }
    }

    private Finding? Compute(InferenceCall call) => Session.Run(call);

    private ValueTask<Finding?> RunKeptAsync(KeptResponses kept, InferenceRun run, in RequestTerms terms)
    {
        bool isKnown = kept.TryAnswer(run.Call, out ResponseKey key);
        long found = _time.GetTimestamp();
        if (isKnown)
        {
            run.IsCached = true;
            run.ComputedAt = found;
            Counters.CountHit(_time, run.ReadAt, found);
            return new ValueTask<Finding?>((Finding?)null);
        }

        TimeSpan spent = _time.GetElapsedTime(run.ReadAt, found);
        run.ReadAt = found;
        ValueTask<Finding?> running = _lane.RunAsync(run, terms);
        return running.IsCompletedSuccessfully
            ? new ValueTask<Finding?>(Keep(kept, key, run, running.Result, spent))
            : KeepLaterAsync(kept, key, run, running, spent);
    }

    private async ValueTask<Finding?> KeepLaterAsync(
        KeptResponses kept, ResponseKey key, InferenceRun run, ValueTask<Finding?> running, TimeSpan spent) =>
        Keep(kept, key, run, await running.ConfigureAwait(false), spent);

    private Finding? Keep(KeptResponses kept, ResponseKey key, InferenceRun run, Finding? fault, TimeSpan spent)
    {
        long started = _time.GetTimestamp();
        if (fault is null)
        {
            kept.Keep(key, run.Call);
        }

        Counters.CountMiss(spent + _time.GetElapsedTime(started));
        return fault;
    }
}
