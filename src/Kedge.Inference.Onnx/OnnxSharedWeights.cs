using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Onnx.Native;
using Kedge.Onnx;

namespace Kedge.Inference.Onnx;

/// <summary>
/// The weights of one model file, held in memory once for all sessions of it that are given them. What the runtime
/// derives from a weight for its own kernels is held once too. Weights that it folds or rewrites while it changes the
/// graph stay with each session: those of convolutions mostly, as their layout is that of the processor. Weights in
/// files of their own are mapped by the runtime and are shared by the kernel already.
/// </summary>
public sealed class OnnxSharedWeights : IDisposable
{
    /// <summary>Shorter ones, in bytes, are not worth sharing: shapes and axes, which the runtime folds away.</summary>
    public const int BytesMin = 4096;

    private OnnxSharedWeights(OrtWeights native) => Native = native;

    /// <summary>How many weights are shared.</summary>
    public int Count => Native.Tensors.Length;

    internal OrtWeights Native { get; }

    /// <summary>Reads the weights of a file.</summary>
    /// <exception cref="KedgeException">It is no model (KEDGE-SERVE-004), or the library is absent (KEDGE-SERVE-003).
    /// </exception>
    public static OnnxSharedWeights FromFile(string path, string? libraryPath = null)
    {
        try
        {
            return FromBytes(File.ReadAllBytes(path), libraryPath);
        }
        catch (IOException failure)
        {
            throw new KedgeException(ServeErrors.ModelLoadFailed, failure.Message, failure);
        }
    }

    /// <summary>Reads the weights of a model in memory; throws as <see cref="FromFile"/> does.</summary>
    public static OnnxSharedWeights FromBytes(ReadOnlySpan<byte> file, string? libraryPath = null) =>
        OnnxReader.TryRead(file, out OnnxModel? model, out Finding? finding) && model is not null
            ? new OnnxSharedWeights(OrtWeights.Of(OrtApi.Load(libraryPath), file, model, BytesMin))
            : throw new KedgeException(ServeErrors.ModelLoadFailed, finding?.Message ?? "It is no model.");

    /// <summary>Lets go of them; sessions that compute with them keep them.</summary>
    public void Dispose() => Native.Dispose();
}
