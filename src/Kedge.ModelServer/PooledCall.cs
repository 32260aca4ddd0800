using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;

namespace Kedge.ModelServer;

/// <summary>The memory of one request that is being answered.</summary>
/// <param name="signature">Of the model that it is for.</param>
internal sealed class PooledCall(ModelSignature signature) : IDisposable
{
    internal InferenceCall Call { get; } = new(signature);

    internal InferenceResponseWriter Response { get; } = new();

    /// <summary>How much of the request's body is JSON.</summary>
    internal int RequestJsonBytes { get; set; }

    /// <summary>False for a request that counts in no figures: the agent's probe.</summary>
    internal bool IsCounted { get; set; } = true;

    /// <summary>Gives back what is too large; false when it is better thrown away.</summary>
    internal bool Trim()
    {
        Call.Trim(ServeLimits.KeptBytesMax);
        return !Response.IsLargerThan(ServeLimits.KeptBytesMax);
    }

    public void Dispose() => Response.Dispose();
}
