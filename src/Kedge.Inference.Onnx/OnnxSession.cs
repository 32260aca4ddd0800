using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Onnx.Native;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Onnx;

/// <summary>
/// An ONNX model loaded by ONNX Runtime. Inputs are computed on where they lie, and outputs where they will be read:
/// those
/// whose shape is declared, and those that had a shape before for the same shapes of inputs. Others, and texts, are
/// copied once. Safe to run from several threads.
/// </summary>
public sealed class OnnxSession : IInferenceSession
{
    private readonly OrtSession _session;

    private OnnxSession(OrtSession session) => _session = session;

    /// <inheritdoc/>
    public ModelSignature Signature => _session.Signature;

    /// <summary>Loads a file; it is only read, and may lie on a read-only mount.</summary>
    /// <exception cref="KedgeException">
    /// The library is absent (KEDGE-SERVE-003), the model is broken (KEDGE-SERVE-004) or has types that the protocol
    /// cannot carry (KEDGE-INFER-012), or a provider cannot be used (KEDGE-SERVE-032).
    /// </exception>
    public static OnnxSession FromFile(string path, OnnxSessionOptions options) =>
        new(OrtSession.FromFile(path, options));

    /// <summary>Loads a model from memory; throws as <see cref="FromFile"/> does.</summary>
    public static OnnxSession FromBytes(ReadOnlySpan<byte> model, OnnxSessionOptions options) =>
        new(OrtSession.FromBytes(model, options));

    /// <summary>What models can be computed on now, by whichever provider.</summary>
    /// <exception cref="KedgeException">The library is absent (KEDGE-SERVE-003).</exception>
    public static ImmutableArray<OnnxDevice> Devices(string? libraryPath)
    {
        OrtApi api = OrtApi.Load(libraryPath);
        return OrtProviders.Devices(api, OrtEnvHandle.Shared(api));
    }

    /// <inheritdoc/>
    public Finding? Run(InferenceCall call) => _session.Run(call);

    /// <inheritdoc/>
    public bool MayLend => _session.MayLend;

    /// <inheritdoc/>
    public bool TryLend(IThreadPoolWorkItem work) => _session.TryLend(work);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
