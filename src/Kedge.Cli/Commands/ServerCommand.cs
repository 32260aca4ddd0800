using System.CommandLine;
using Kedge.Cli.Running;
using Kedge.Cli.Serving;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge server</c>: runs a control plane; its subcommands look after one.</summary>
internal static class ServerCommand
{
    public static Command Create(CommandAction action)
    {
        ServerArguments arguments = new("0.0.0.0:8443", "0.0.0.0:8883");
        Command command = new("server", "Run a control plane until Ctrl-C or SIGTERM.")
        {
            ServerBackupCommand.Create(action),
            Restore(action),
            ServerKeysCommand.Create(action),
            RotateIntermediateCommand.Create(action),
        };
        arguments.AddTo(command);
        action.Bind(command, (session, ct) => ServerProgram.RunAsync(session, arguments, ct));
        return command;
    }

    private static Command Restore(CommandAction action)
    {
        Argument<string> file = new("FILE") { Description = "The backup." };
        Option<string> data = new("--data")
        {
            Description = "Folder to restore into; must not exist or be empty.",
            HelpName = "FOLDER",
            Required = true,
        };
        Command command = new(
            "restore", "Put a backup into a new data folder; start the server on it afterwards.")
        {
            file, data,
        };
        action.Bind(command, async (session, ct) =>
        {
            string folder = session.Get(data) ?? "";
            await RestoreProgram.RunAsync(session.Get(file) ?? "", folder, ct).ConfigureAwait(false);
            session.Print.Line($"restored into {folder}; start it with: kedge server --data {folder}");
        });
        return command;
    }
}
