using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;

namespace Kedge.ModelServer.Models;

/// <summary>The memory of one request that is being answered.</summary>
/// <param name="signature">Of the model that it is for.</param>
internal sealed class InferenceRun(ModelSignature signature) : IDisposable
{
    internal InferenceCall Call { get; } = new(signature);

    /// <summary>Writes its answer where the request came as JSON.</summary>
    internal InferenceResponseWriter Response { get; } = new();

    /// <summary>When the request had been read: a timestamp of the process's clock.</summary>
    internal long ReadAt { get; set; }

    /// <summary>When its outputs were there.</summary>
    internal long ComputedAt { get; set; }

    /// <summary>True while it keeps its model in memory. Written by <see cref="ServedModel"/> only.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>
    /// Which load of its model it has computed on: what a runtime keeps for it is of no use to a later one. Written by
    /// <see cref="ServedModel"/> only.
    /// </summary>
    internal int Load { get; set; }

    /// <summary>Gives back what is too large; false when it is better thrown away.</summary>
    internal bool Trim()
    {
        Call.Trim(ServeLimits.KeptBytesMax);
        return !Response.IsLargerThan(ServeLimits.KeptBytesMax);
    }

    public void Dispose() => Response.Dispose();
}
