using System.CommandLine;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Cli.Serving;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge server backup</c>: over the network without the server's keys, or on its own data folder with them.
/// </summary>
internal static class ServerBackupCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> file = new("FILE") { Description = "Tar file to write, mode 0600; must not exist." };
        Option<bool> content = new("--content") { Description = "Include the chunks of all packages." };
        Option<string> data = new("--data")
        {
            Description = "The server's data folder on this machine: the backup then holds the server's keys too.",
            HelpName = "FOLDER",
        };
        Command command = new(
            "backup", "Write a backup of the running server that the context names, or of a data folder.")
        {
            file, content, data,
        };
        action.Bind(command, async (session, ct) =>
        {
            string path = session.Get(file) ?? "";
            string folder = session.Get(data) ?? "";
            if (folder.Length > 0)
            {
                await WriteLocalAsync(folder, path, session.Get(content), ct).ConfigureAwait(false);
            }
            else
            {
                await WriteAsync(session, path, session.Get(content), ct).ConfigureAwait(false);
            }

            string keys = folder.Length > 0 ? ", with the server's keys" : "";
            session.Print.Line($"{path}: {Ages.Bytes(new FileInfo(path).Length)}{keys}");
        });
        return command;
    }

    private static Task WriteLocalAsync(string folder, string path, bool content, CancellationToken ct) =>
        File.Exists(path)
            ? throw new CliException(CliErrors.File, $"{path} exists", ExitCodes.Failed)
            : LocalBackup.RunAsync(Path.GetFullPath(folder), path, content, ct);

    private static async Task WriteAsync(Session session, string path, bool content, CancellationToken ct)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        bool isWhole = false;
        FileStream stream = new(path, options);
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                await session.Client.BackupAsync(stream, content, ct).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            isWhole = true;
        }
        finally
        {
            if (!isWhole)
            {
                File.Delete(path);
            }
        }
    }
}
