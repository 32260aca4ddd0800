using System.Collections.Immutable;
using System.Numerics;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Graphs;

/// <summary>
/// Problem: a client has an image and wants labels, and a model takes and gives tensors; or an answer takes several
/// models. Approach: a graph of steps around the models of a package, checked before anything runs, that looks like one
/// model: its signature is the graph's, so every front end, batching, golden samples and figures work as for any other.
/// Invariants: a run touches no memory of another run; a run allocates nothing once it is warm. It deliberately does
/// not run steps side by side: requests are what runs side by side. Nothing here is native: sessions and the decoder of
/// images are given to it.
/// </summary>
public sealed class GraphSession : IInferenceSession
{
    private const int KeptBytesMax = 64 * 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly Stack<GraphRun> _pool = new(GraphLimits.PooledRunsMax);
    private readonly GraphPlan _plan;
    private readonly ImmutableDictionary<string, IInferenceSession> _models;
    private readonly ImageDecoder? _decoder;

    /// <summary>Takes ownership of the sessions.</summary>
    /// <param name="plan">The checked graph.</param>
    /// <param name="models">A session for every model of the plan, of the signature that it was checked with.</param>
    /// <param name="decoder">What decodes images; null only for a graph that decodes none.</param>
    public GraphSession(
        GraphPlan plan, ImmutableDictionary<string, IInferenceSession> models, ImageDecoder? decoder)
    {
        Check.That(plan.Models.All(models.ContainsKey));
        Check.That(decoder is not null || !plan.Steps.Any(static step => step is Steps.DecodeStep));
        _plan = plan;
        _models = models;
        _decoder = decoder;
    }

    /// <inheritdoc/>
    public ModelSignature Signature => _plan.Signature;

    /// <inheritdoc/>
    public Finding? Run(InferenceCall call)
    {
        GraphRun run = Rent();
        try
        {
            run.Bind(call);
            Finding? fault = RunSteps(run, call);
            if (fault is null)
            {
                run.Deliver(call);
            }

            return fault;
        }
        finally
        {
            Return(run);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IInferenceSession model in _models.Values)
        {
            model.Dispose();
        }
    }

    internal IInferenceSession Model(string name) => _models[name];

    internal ImageDecoder Decoder => _decoder ?? throw Check.Unreachable("A graph without decoder decodes.");

    private ulong Needed(InferenceCall call)
    {
        ulong needed = 0;
        foreach (int output in call.Wanted)
        {
            needed |= _plan.Needs[output];
        }

        return needed;
    }

    private Finding? RunSteps(GraphRun run, InferenceCall call)
    {
        for (ulong needed = Needed(call); needed != 0; needed &= needed - 1)
        {
            if (call.Stop.IsAsked)
            {
                return ServeErrors.RunStopped.At("It was ended between two steps of the graph.");
            }

            int index = BitOperations.TrailingZeroCount(needed);
            run.Enter(index);
            if (_plan.Steps[index].Run(run) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private GraphRun Rent()
    {
        lock (_gate)
        {
            if (_pool.TryPop(out GraphRun? run))
            {
                return run;
            }
        }

        return new GraphRun(_plan, this);
    }

    private void Return(GraphRun run)
    {
        run.Release(KeptBytesMax);
        lock (_gate)
        {
            if (_pool.Count < GraphLimits.PooledRunsMax)
            {
                _pool.Push(run);
            }
        }
    }
}
