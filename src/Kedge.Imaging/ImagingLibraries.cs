using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Native;

namespace Kedge.Imaging;

/// <summary>
/// Finds the native libraries that decode images. They are needed only where a graph decodes images.
/// </summary>
public static class ImagingLibraries
{
    /// <summary>libjpeg-turbo's own interface.</summary>
    public const string Jpeg = "libturbojpeg.so.0";

    /// <summary>libspng; it needs the system's libz.so.1.</summary>
    public const string Png = "libspng.so.0";

    /// <summary>The pinned set, as in eng/native/pins-imaging.txt.</summary>
    public const string PinnedSet = "imaging-1";

    /// <summary>
    /// Where a library is looked for, in this order: the folder that KEDGE_IMAGING_LIBS names and nowhere else; beside
    /// the program; in the cache; in the folder of an installed Kedge; where the system has its own.
    /// </summary>
    public static IEnumerable<string> Candidates(string file)
    {
        string? named = Environment.GetEnvironmentVariable("KEDGE_IMAGING_LIBS");
        string? path = string.IsNullOrEmpty(named) ? null : Path.Combine(named, file);
        IEnumerable<string> pinned = PinnedLibrary.Candidates(path, PinnedSet, file);
        return path is null ? pinned.Concat(OfSystem(file)) : pinned;
    }

    /// <summary>The first candidate that exists; null when there is none.</summary>
    public static string? Find(string file) => Candidates(file).FirstOrDefault(File.Exists);

    internal static nint Load(string file)
    {
        string path = Find(file) ?? throw new KedgeException(
            ServeErrors.ImagingAbsent, $"{file} is at none of these: {string.Join(", ", Candidates(file))}.");
        return NativeLibrary.TryLoad(path, out nint library)
            ? library
            : throw new KedgeException(ServeErrors.ImagingAbsent, $"{path} cannot be loaded.");
    }

    internal static nint Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint found)
        ? found
        : throw new KedgeException(ServeErrors.ImagingAbsent, $"The library has no function {name}.");

    private static IEnumerable<string> OfSystem(string file)
    {
        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        yield return Path.Combine("/usr/lib", isArm ? "aarch64-linux-gnu" : "x86_64-linux-gnu", file);
        yield return Path.Combine("/usr/lib64", file);
    }
}
