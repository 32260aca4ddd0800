using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Onnx.Native;
using Kedge.Native;

namespace Kedge.Inference.Onnx;

/// <summary>Finds the native ONNX Runtime that this project is pinned to.</summary>
public static class OnnxRuntimeLibrary
{
    /// <summary>The pinned version, as in eng/native/pins.txt.</summary>
    public const string PinnedVersion = "1.30.0";

    private const string FileName = "libonnxruntime.so.1";

    /// <summary>
    /// Where it is looked for, in this order. An explicit path or KEDGE_ORT_LIB is the only candidate.
    /// </summary>
    public static IEnumerable<string> Candidates(string? explicitPath) => PinnedLibrary.Candidates(
        explicitPath ?? Environment.GetEnvironmentVariable("KEDGE_ORT_LIB"), $"onnxruntime-{PinnedVersion}", FileName);

    /// <summary>The first candidate that exists.</summary>
    /// <exception cref="KedgeException">There is none (KEDGE-SERVE-003).</exception>
    public static string Find(string? explicitPath) =>
        Candidates(explicitPath).FirstOrDefault(File.Exists) ?? throw new KedgeException(
            ServeErrors.RuntimeAbsent,
            $"It is at none of these: {string.Join(", ", Candidates(explicitPath))}.");

    /// <summary>Loads it and says which version it is.</summary>
    /// <exception cref="KedgeException">It is absent or too old (KEDGE-SERVE-003).</exception>
    public static string LoadedVersion(string? explicitPath) => OrtApi.Load(explicitPath).Version;
}
