using Kedge.Inference.Batching;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Scheduling;

/// <summary>A batch with its slot, on its way to a thread of .NET's pool, or of its session's own.</summary>
internal sealed class BatchRun : IThreadPoolWorkItem
{
    private readonly OnLent _onLent;

    internal BatchRun() => _onLent = new OnLent(this);

    /// <summary>What is computed.</summary>
    internal Batch Batch { get; } = new();

    /// <summary>Ends it when nobody waits for it any more.</summary>
    internal BatchStop Stop { get; } = new();

    /// <summary>
    /// Computes it, and whatever else this thread is to go on with, here or on a thread that its session lends, for as
    /// long as that keeps it.
    /// </summary>
    public void Execute() => Execute(isLent: false);

    private void Execute(bool isLent)
    {
        BatchRun? next = this;
        ModelLane lender = RunOf(0).Lane;
        do
        {
            ModelLane lane = next.RunOf(0).Lane;
            if (!isLent && lane.TryLend(next._onLent))
            {
                return;
            }

            next = lane.Compute(next, isLent);
        }
        while (next is not null && (!isLent || lender.Keeps(next)));
        if (next is not null)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
        }
    }

    /// <summary>One request of it.</summary>
    internal InferenceRun RunOf(int index) => (InferenceRun)Batch[index].Owner; // Nobody else makes entries here.

    private sealed class OnLent(BatchRun run) : IThreadPoolWorkItem
    {
        public void Execute() => run.Execute(isLent: true);
    }
}
