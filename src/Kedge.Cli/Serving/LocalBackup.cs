using Kedge.ControlPlane.Backup;

namespace Kedge.Cli.Serving;

/// <summary>Backs up a data folder on this machine.</summary>
internal static class LocalBackup
{
    public static Task RunAsync(string folder, string file, bool content, CancellationToken ct) =>
        ServerBackup.WriteLocalAsync(folder, file, content, ct);
}
