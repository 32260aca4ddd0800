using System.Runtime.InteropServices;

namespace Kedge.Native;

/// <summary>Where a native library that is pinned by its version lies.</summary>
public static class PinnedLibrary
{
    /// <summary>
    /// Where it is looked for, in this order: at the path that is named and nowhere else; beside the program; in the
    /// cache that <c>eng/native</c> fills; in the folder of an installed Kedge.
    /// </summary>
    /// <param name="named">A path that was asked for; null or empty for none.</param>
    /// <param name="set">Name and version of what it belongs to, as the cache has it:
    /// <c>onnxruntime-1.30.0</c>.</param>
    /// <param name="file">Its file name.</param>
    public static IEnumerable<string> Candidates(string? named, string set, string file)
    {
        if (!string.IsNullOrEmpty(named))
        {
            yield return named;
            yield break;
        }

        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        yield return Path.Combine(AppContext.BaseDirectory, file);
        yield return Path.Combine(Cache, set, isArm ? "arm64" : "x64", file);
        yield return Path.Combine("/usr/lib/kedge", file);
    }

    private static string Cache
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("KEDGE_NATIVE_CACHE");
            if (!string.IsNullOrEmpty(named))
            {
                return named;
            }

            string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            root = string.IsNullOrEmpty(root)
                ? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/root", ".cache")
                : root;
            return Path.Combine(root, "kedge", "native");
        }
    }
}
