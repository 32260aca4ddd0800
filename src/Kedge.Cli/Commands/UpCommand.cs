using System.CommandLine;
using Kedge.Cli.Running;
using Kedge.Cli.Serving;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge up</c>: a control plane and a local device in one command.</summary>
internal static class UpCommand
{
    public static Command Create(CommandAction action)
    {
        UpArguments arguments = new();
        Command command = new("up", "Run a control plane and an agent for this machine, until Ctrl-C.");
        arguments.AddTo(command);
        action.Bind(command, (session, ct) =>
            OperatingSystem.IsWindows()
                ? throw new CliException(CliErrors.NoAgent, "the agent needs Linux", ExitCodes.Failed)
                : new UpProgram(session, arguments).RunAsync(ct));
        return command;
    }
}
