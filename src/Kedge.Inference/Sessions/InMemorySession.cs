using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Sessions;

/// <summary>
/// A model that is a function of our own: for tests and for the simulator, where nothing native may load.
/// </summary>
/// <param name="signature">What it takes and gives.</param>
/// <param name="compute">Fills the wanted outputs; returns null, or a sentence that says why it cannot.</param>
public sealed class InMemorySession(ModelSignature signature, Func<InferenceCall, string?> compute) : IInferenceSession
{
    private bool _disposed;

    /// <inheritdoc/>
    public ModelSignature Signature => signature;

    /// <inheritdoc/>
    public Finding? Run(InferenceCall call)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!call.Stop.TryBegin(static () => { }))
        {
            return ServeErrors.RunStopped.At("It was ended before it began.");
        }

        try
        {
            string? failure = compute(call);
            return failure is null ? null : InferErrors.RunFailed.At(failure);
        }
        finally
        {
            call.Stop.End();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;
}
