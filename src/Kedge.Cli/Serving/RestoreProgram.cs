using Kedge.ControlPlane.Backup;

namespace Kedge.Cli.Serving;

/// <summary>Puts a backup into a new data folder.</summary>
internal static class RestoreProgram
{
    public static async Task RunAsync(string file, string folder, CancellationToken ct)
    {
        if (!File.Exists(file))
        {
            throw new CliException(CliErrors.File, $"{file} does not exist", ExitCodes.Failed);
        }

        await ServerBackup.RestoreAsync(file, folder, ct).ConfigureAwait(false);
    }
}
