using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.TfLite.Native;

namespace Kedge.Inference.TfLite;

/// <summary>
/// A TensorFlow Lite model. Problem: an interpreter computes one request at a time and owns the memory of its tensors.
/// Approach: a pool of interpreters over one loaded file, made when they are needed up to a limit, whoever comes then
/// waits; elements are copied into an interpreter and out of it once. Numbers of quantised models stay the integers
/// that
/// they are: scale and zero point are for whoever asks, as the protocol has no word for them. The library cannot end a
/// computation that has begun; what has not begun when it is asked to end does not begin. Safe to run from several
/// threads.
/// </summary>
public sealed class TfLiteSession : IInferenceSession
{
    private readonly TflModel _model;

    private TfLiteSession(TflModel model) => _model = model;

    /// <inheritdoc/>
    public ModelSignature Signature => _model.Signature;

    /// <summary>Loads a file; it is mapped, only read, and may lie on a read-only mount.</summary>
    /// <exception cref="KedgeException">
    /// The library is absent (KEDGE-SERVE-031), the model is broken (KEDGE-SERVE-004) or has types that the protocol
    /// cannot carry (KEDGE-INFER-012), or a delegate cannot be used (KEDGE-SERVE-033).
    /// </exception>
    public static TfLiteSession FromFile(string path, TfLiteSessionOptions options) =>
        new(TflModel.FromFile(path, options));

    /// <summary>Loads a model from memory, which is copied; throws as <see cref="FromFile"/> does.</summary>
    public static TfLiteSession FromBytes(ReadOnlySpan<byte> model, TfLiteSessionOptions options) =>
        new(TflModel.FromBytes(model, options));

    /// <inheritdoc/>
    public Finding? Run(InferenceCall call) => _model.Run(call);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
