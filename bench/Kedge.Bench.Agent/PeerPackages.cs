using System.Runtime.InteropServices;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Agent;

/// <summary>
/// Debian's packages of the peers. What the machine lacks is downloaded by apt and unpacked into a cache folder:
/// nothing is installed and no service is started.
/// </summary>
internal static class PeerPackages
{
    /// <summary>Where missing packages are unpacked.</summary>
    public static string Root => Path.Combine(Cache, "root");

    public static string LibraryPath => Path.Combine(
        Root,
        "usr/lib",
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu");

    private static string Cache => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "kedge",
        "bench-peers");

    /// <summary>The binary of a peer, and the version of its package.</summary>
    /// <exception cref="InvalidOperationException">It cannot be had here.</exception>
    public static async Task<(string Program, string Version)> FindAsync(PeerSpec peer)
    {
        string[] query = ["--showformat=${Version}", "--show", peer.Package];
        CommandResult installed = await CommandResult.RunAsync("dpkg-query", query);
        if (File.Exists(peer.Program) && installed.ExitCode == 0)
        {
            return (peer.Program, installed.Output.Trim());
        }

        string unpacked = Root + peer.Program;
        string version = Path.Combine(Cache, peer.Package + ".version");
        if (!File.Exists(unpacked) || !File.Exists(version))
        {
            await UnpackAsync(peer.Package);
        }

        return (unpacked, (await File.ReadAllTextAsync(version)).Trim());
    }

    private static async Task UnpackAsync(string package)
    {
        string archives = Path.Combine(Cache, package);
        Directory.CreateDirectory(Path.Combine(archives, "partial"));
        Directory.CreateDirectory(Root);
        string[] download =
        [
            "install", "-y", "--download-only", "--no-install-recommends",
            "-o", "Dir::Cache::archives=" + archives, package,
        ];
        if ((await CommandResult.RunAsync("apt-get", download)).ExitCode != 0)
        {
            // A fresh machine has no lists of packages yet.
            await CommandResult.RunAsync("apt-get", ["update"]);
            (await CommandResult.RunAsync("apt-get", download)).MustSucceed();
        }

        foreach (string archive in Directory.GetFiles(archives, "*.deb"))
        {
            (await CommandResult.RunAsync("dpkg-deb", ["-x", archive, Root])).MustSucceed();
            string name = await FieldAsync(archive, "Package");
            await File.WriteAllTextAsync(
                Path.Combine(Cache, name + ".version"), await FieldAsync(archive, "Version"));
        }
    }

    private static async Task<string> FieldAsync(string archive, string field) =>
        (await CommandResult.RunAsync("dpkg-deb", ["-f", archive, field])).MustSucceed().Output.Trim();
}
