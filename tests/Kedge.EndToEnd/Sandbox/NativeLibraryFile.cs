namespace Kedge.EndToEnd.Sandbox;

/// <summary>Where <c>eng/native/fetch</c> keeps the pinned runtime.</summary>
internal static class NativeLibraryFile
{
    public static string Find()
    {
        string cache = Environment.GetEnvironmentVariable("KEDGE_NATIVE_CACHE")
            ?? Path.Combine(
                Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
                    ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
                "kedge", "native");
        string file = Path.Combine(cache, "onnxruntime-1.30.0", "x64", "libonnxruntime.so.1");
        return File.Exists(file) ? file : throw new FileNotFoundException("run eng/native/fetch", file);
    }
}
