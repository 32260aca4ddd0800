using Kedge.Inference.Batching;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Scheduling;

/// <summary>A batch with its slot, on its way to a thread of the pool.</summary>
internal sealed class BatchRun : IThreadPoolWorkItem
{
    /// <summary>What is computed.</summary>
    internal Batch Batch { get; } = new();

    /// <summary>Ends it when nobody waits for it any more.</summary>
    internal BatchStop Stop { get; } = new();

    /// <summary>Computes it, and whatever else this thread is to go on with.</summary>
    public void Execute()
    {
        for (BatchRun? next = this; next is not null;)
        {
            next = next.RunOf(0).Lane.Compute(next);
        }
    }

    /// <summary>One request of it.</summary>
    internal InferenceRun RunOf(int index) => (InferenceRun)Batch[index].Owner; // Nobody else makes entries here.
}
