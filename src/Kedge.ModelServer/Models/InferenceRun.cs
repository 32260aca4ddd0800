using System.Threading.Tasks.Sources;
using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Scheduling;

namespace Kedge.ModelServer.Models;

/// <summary>
/// The memory of one request that is being answered. It is also its place in a queue and what its front end waits for,
/// so that waiting allocates nothing here.
/// </summary>
internal sealed class InferenceRun : IDisposable, IValueTaskSource<Finding?>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<Finding?> _completion;
    private ModelLane? _lane;

    /// <param name="signature">Of the model that it is for.</param>
    internal InferenceRun(ModelSignature signature)
    {
        Call = new InferenceCall(signature);
        Entry = new QueueEntry(this, Call);
    }

    internal InferenceCall Call { get; }

    /// <summary>Its place in the queue.</summary>
    internal QueueEntry Entry { get; }

    /// <summary>Writes its answer where the request came as JSON.</summary>
    internal InferenceResponseWriter Response { get; } = new();

    /// <summary>When the request had been read: a timestamp of the process's clock.</summary>
    internal long ReadAt { get; set; }

    /// <summary>When it was its turn.</summary>
    internal long ComputeStartedAt { get; set; }

    /// <summary>When its inputs had been laid together with those of others.</summary>
    internal long GatheredAt { get; set; }

    /// <summary>When the runtime had computed.</summary>
    internal long InferredAt { get; set; }

    /// <summary>When its outputs were there.</summary>
    internal long ComputedAt { get; set; }

    /// <summary>True while it keeps its model in memory. Written by <see cref="ServedModel"/> only.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>
    /// Which load of its model it has computed on: what a runtime keeps for it is of no use to a later one. Written by
    /// <see cref="ServedModel"/> only.
    /// </summary>
    internal int Load { get; set; }

    /// <summary>Where its inputs may lie besides in memory of their own; released when it is given back.</summary>
    internal BodyBuffer Lent { get; set; }

    /// <summary>True when the answer was known already.</summary>
    internal bool IsCached { get; set; }

    /// <summary>After what time to send it again, when it was refused; zero for no advice.</summary>
    internal TimeSpan RetryAfter { get; set; }

    /// <summary>Where it is computed. Written by <see cref="Begin"/>.</summary>
    internal ModelLane Lane => _lane ?? throw Kedge.Core.Check.Unreachable();

    /// <summary>Why there is no answer; told once it is completed. Written by <see cref="ModelLane"/>.</summary>
    internal Finding? Fault { get; set; }

    /// <summary>What the runtime threw, to be thrown again. Written by <see cref="ModelLane"/>.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>Begins a turn of waiting and computing; returns its number.</summary>
    internal short Begin(ModelLane lane, in RequestTerms terms)
    {
        _lane = lane;
        Fault = null;
        Failure = null;
        RetryAfter = TimeSpan.Zero;
        Entry.Priority = terms.Priority;
        Entry.Timeout = terms.Timeout;
        Entry.Gone = terms.Gone;
        _completion.Reset();
        return _completion.Version;
    }

    /// <summary>Says why it is not computed.</summary>
    internal void Refuse(QueueVerdict verdict)
    {
        ErrorCode code = QueueVerdicts.ErrorOf(verdict) ?? throw Kedge.Core.Check.Unreachable(verdict);
        ComputeStartedAt = ReadAt;
        GatheredAt = ReadAt;
        InferredAt = ReadAt;
        ComputedAt = ReadAt;
        Fault = code.At(code.Cause);
        RetryAfter = verdict == QueueVerdict.Late ? BatchLimits.RetryMin : RetryAfter;
    }

    /// <summary>Completes it, on a thread of the pool: whoever waits goes on here.</summary>
    public void Execute()
    {
        if (Failure is { } failure)
        {
            _completion.SetException(failure);
        }
        else
        {
            _completion.SetResult(Fault);
        }
    }

    Finding? IValueTaskSource<Finding?>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Finding?>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<Finding?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Gives back what is too large.</summary>
    internal void Trim()
    {
        Call.Trim(ServeLimits.KeptBytesMax);
        Response.Trim(ServeLimits.KeptBytesMax);
        Lent.Release();
        Lent = default;
    }

    public void Dispose() => Response.Dispose();
}
