using System.Collections.Immutable;
using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Cache;

/// <summary>The outputs of one call, kept. Never changes, so many may copy it at once.</summary>
public sealed class CachedResponse
{
    private readonly ImmutableArray<(int Output, Tensor Tensor)> _outputs;

    private CachedResponse(ImmutableArray<(int Output, Tensor Tensor)> outputs)
    {
        _outputs = outputs;
        ByteCount = BatchLimits.CacheEntryBytes + outputs.Sum(static o => (long)o.Tensor.Capacity);
    }

    /// <summary>Memory that it takes, in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>Memory that a copy of these outputs takes at least, in bytes; nothing is copied for it.</summary>
    public static long BytesOf(InferenceCall call)
    {
        long sum = BatchLimits.CacheEntryBytes;
        foreach (int output in call.Wanted)
        {
            sum += call.Outputs[output].Bytes.Length;
        }

        return sum;
    }

    /// <summary>A copy of the wanted outputs of a call that was computed.</summary>
    public static CachedResponse Of(InferenceCall call)
    {
        ImmutableArray<(int, Tensor)>.Builder outputs = ImmutableArray.CreateBuilder<(int, Tensor)>(call.WantedCount);
        foreach (int output in call.Wanted)
        {
            Tensor copy = new();
            copy.CopyFrom(call.Outputs[output]);
            outputs.Add((output, copy));
        }

        return new CachedResponse(outputs.MoveToImmutable());
    }

    /// <summary>Gives the outputs to a call that wants the same ones.</summary>
    public void CopyTo(InferenceCall call)
    {
        foreach ((int output, Tensor tensor) in _outputs)
        {
            call.Outputs[output].CopyFrom(tensor);
        }
    }
}
