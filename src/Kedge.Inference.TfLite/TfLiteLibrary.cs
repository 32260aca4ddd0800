using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.TfLite.Native;
using Kedge.Native;

namespace Kedge.Inference.TfLite;

/// <summary>Finds the native TensorFlow Lite that this project is pinned to.</summary>
public static class TfLiteLibrary
{
    /// <summary>The pinned version, as in eng/native/pins.txt.</summary>
    public const string PinnedVersion = "2.9.0";

    /// <summary>Its file name.</summary>
    public const string FileName = "libtensorflowlite_c.so";

    /// <summary>
    /// Where it is looked for, in this order. An explicit path or KEDGE_TFLITE_LIB is the only candidate.
    /// </summary>
    public static IEnumerable<string> Candidates(string? explicitPath) => PinnedLibrary.Candidates(
        explicitPath ?? Environment.GetEnvironmentVariable("KEDGE_TFLITE_LIB"),
        $"tensorflowlite-{PinnedVersion}", FileName);

    /// <summary>The first candidate that exists.</summary>
    /// <exception cref="KedgeException">There is none (KEDGE-SERVE-031).</exception>
    public static string Find(string? explicitPath) =>
        Candidates(explicitPath).FirstOrDefault(File.Exists) ?? throw new KedgeException(
            ServeErrors.TfLiteAbsent,
            $"It is at none of these: {string.Join(", ", Candidates(explicitPath))}.");

    /// <summary>Loads it and says which version it is.</summary>
    /// <exception cref="KedgeException">It is absent or not what it should be (KEDGE-SERVE-031).</exception>
    public static string LoadedVersion(string? explicitPath) => TflApi.Load(explicitPath).Version;
}
