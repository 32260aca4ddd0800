using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Metrics;

namespace Kedge.ModelServer.Models;

/// <summary>
/// One version of a model that can be asked, with its memory and its counters. A front end rents a run, reads the
/// request
/// into it, computes it, writes the answer, counts it, and gives the run back.
/// </summary>
internal sealed class ServedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<InferenceRun> _pool = new(ServeLimits.PooledRunsMax);
    private readonly IInferenceSession _session;
    private readonly TimeProvider _time;

    internal ServedModel(
        ServeModel model,
        IInferenceSession session,
        LatencyCounter latency,
        TimeProvider time,
        ValueCounter? values = null)
    {
        Values = values;
        Name = model.Name;
        Version = model.Version;
        Digest = model.PackageDigest;
        _session = session;
        _time = time;
        Counters = new ModelCounters(latency);
        Metadata = MetadataWriter.Model(model.Name, model.Version, "onnx_onnxruntime", session.Signature);
        Ready = MetadataWriter.ModelReady(model.Name);
    }

    internal string Name { get; }

    internal string Version { get; }

    internal string Digest { get; }

    /// <summary>What it takes and gives.</summary>
    internal ModelSignature Signature => _session.Signature;

    /// <summary>Body of the model's metadata.</summary>
    internal byte[] Metadata { get; }

    /// <summary>Body that says that it is ready.</summary>
    internal byte[] Ready { get; }

    internal ModelCounters Counters { get; }

    /// <summary>Counts values of its requests; null where nobody asks for them.</summary>
    internal ValueCounter? Values { get; }

    /// <summary>Memory for one request.</summary>
    internal InferenceRun Rent()
    {
        lock (_gate)
        {
            if (_pool.TryPop(out InferenceRun? run))
            {
                return run;
            }
        }

        return new InferenceRun(_session.Signature);
    }

    /// <summary>Takes the memory back for the next request.</summary>
    internal void Return(InferenceRun run)
    {
        if (run.Trim())
        {
            lock (_gate)
            {
                if (_pool.Count < ServeLimits.PooledRunsMax)
                {
                    _pool.Push(run);
                    return;
                }
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
        run.ReadAt = _time.GetTimestamp();
        Finding? fault = _session.Run(run.Call);
        run.ComputedAt = _time.GetTimestamp();
        return new ValueTask<Finding?>(fault);
    }

    /// <summary>Counts a request whose answer was written, or that failed.</summary>
    internal void Count(InferenceRun run, in RequestTerms terms, Finding? fault)
    {
        if (!terms.IsCounted)
        {
            return;
        }

        if (fault is not null)
        {
            Counters.CountFailure();
            return;
        }

        Counters.CountSuccess(_time, terms.Started, run.ReadAt, run.ComputedAt);
        Values?.Count(run.Call, run.ComputedAt);
    }

    public void Dispose() => _session.Dispose();
}
