using System.Runtime.InteropServices;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The shared libraries of the host that a model server needs, found where distributions keep them. They are given into
/// the sandbox file by file: no shell, no tool, nothing else of the host is in there.
/// </summary>
internal static class HostLibraries
{
    /// <summary>Where libraries are seen inside.</summary>
    public const string Inside = "/kedge/lib";

    private static readonly string[] Names =
    [
        "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1", "libstdc++.so.6",
        "libz.so.1",
    ];

    private static string Interpreter => RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? "/lib/ld-linux-aarch64.so.1"
        : "/lib64/ld-linux-x86-64.so.2";

    private static string Multiarch => RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? "aarch64-linux-gnu"
        : "x86_64-linux-gnu";

    /// <summary>Where distributions keep libraries.</summary>
    internal static string[] Folders =>
        [$"/lib/{Multiarch}", $"/usr/lib/{Multiarch}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    /// <summary>
    /// Source on the host and place inside; the loader first. Libraries that the host lacks are left out.
    /// </summary>
    public static IReadOnlyList<BindMount> Find()
    {
        List<BindMount> found = [new(Real(Interpreter), Interpreter)];
        foreach (string name in Names)
        {
            string? path = Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
            if (path is not null)
            {
                found.Add(new BindMount(Real(path), $"{Inside}/{name}"));
            }
        }

        return found;
    }

    /// <summary>The file that a path leads to, links followed.</summary>
    internal static string Real(string path) =>
        File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
