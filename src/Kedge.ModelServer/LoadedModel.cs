using Kedge.Inference.Control;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;

namespace Kedge.ModelServer;

/// <summary>One model that can be asked, with its memory and its counters.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<PooledCall> _pool = new(ServeLimits.PooledCallsMax);
    private readonly IInferenceSession _session;

    internal LoadedModel(
        ServeModel model, IInferenceSession session, LatencyCounter latency, ValueCounter? values = null)
    {
        Values = values;
        Name = model.Name;
        Version = model.Version;
        Digest = model.PackageDigest;
        _session = session;
        Counters = new ModelCounters(latency);
        Metadata = MetadataWriter.Model(model.Name, model.Version, "onnx_onnxruntime", session.Signature);
        Ready = MetadataWriter.ModelReady(model.Name);
    }

    internal string Name { get; }

    internal string Version { get; }

    internal string Digest { get; }

    internal IInferenceSession Session => _session;

    /// <summary>Body of the model's metadata.</summary>
    internal byte[] Metadata { get; }

    /// <summary>Body that says that it is ready.</summary>
    internal byte[] Ready { get; }

    internal ModelCounters Counters { get; }

    /// <summary>Counts values of its requests; null where nobody asks for them.</summary>
    internal ValueCounter? Values { get; }

    internal PooledCall Rent()
    {
        lock (_gate)
        {
            if (_pool.TryPop(out PooledCall? call))
            {
                return call;
            }
        }

        return new PooledCall(_session.Signature);
    }

    internal void Return(PooledCall call)
    {
        if (call.Trim())
        {
            lock (_gate)
            {
                if (_pool.Count < ServeLimits.PooledCallsMax)
                {
                    _pool.Push(call);
                    return;
                }
            }
        }

        call.Dispose();
    }

    public void Dispose() => _session.Dispose();
}
