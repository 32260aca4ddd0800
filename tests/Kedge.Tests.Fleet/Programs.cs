namespace Kedge.Tests.Fleet;

/// <summary>The published programs that a fleet of real processes is made of.</summary>
public sealed record Programs
{
    /// <summary>Root of the checkout.</summary>
    public required string Root { get; init; }

    public string Kedge => Path.Combine(Root, "out/publish/kedge/kedge");

    public string Agent => Path.Combine(Root, "out/publish/kedge-agent/kedge-agent");

    public string Serve => Path.Combine(Root, "out/publish/kedge-serve/kedge-serve");

    /// <summary>The pinned ONNX Runtime, where <c>eng/native/fetch</c> keeps it.</summary>
    public static string RuntimeLibrary =>
        Path.Combine(NativeCache, "onnxruntime-1.30.0", "x64", "libonnxruntime.so.1");

    /// <summary>The pinned TensorFlow Lite beside it.</summary>
    public static string TfLiteLibrary =>
        Path.Combine(NativeCache, "tensorflowlite-2.9.0", "x64", "libtensorflowlite_c.so");

    /// <summary>The folder of the pinned libraries that decode images, where <c>eng/native/fetch-imaging</c> keeps
    /// them.</summary>
    public static string ImagingFolder => Path.Combine(NativeCache, "imaging-1", "x64");

    private static string NativeCache => Environment.GetEnvironmentVariable("KEDGE_NATIVE_CACHE") ?? Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "kedge",
        "native");

    /// <summary>Finds the checkout above a folder, and what was published in it.</summary>
    /// <exception cref="FileNotFoundException">Something was not published.</exception>
    public static Programs Find(string from)
    {
        DirectoryInfo? folder = new(from);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
        {
            folder = folder.Parent;
        }

        Programs programs =
            new() { Root = folder?.FullName ?? throw new FileNotFoundException("no checkout above", from) };
        foreach (string program in new[] { programs.Kedge, programs.Agent, programs.Serve, RuntimeLibrary })
        {
            if (!File.Exists(program))
            {
                throw new FileNotFoundException($"{program} is not there: run ./dev aot", program);
            }
        }

        return programs;
    }
}
