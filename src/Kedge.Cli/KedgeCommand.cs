using System.CommandLine;
using Kedge.Cli.Commands;
using Kedge.Cli.Running;

namespace Kedge.Cli;

/// <summary>The whole command line. Tests of the documentation read it from here.</summary>
public static class KedgeCommand
{
    private const string Description =
        "Runs models on devices: pushes them, says where they run, and shows how they do.";

    /// <summary>How long a command may take to end in order after Ctrl-C: a server drains, an agent stops.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(45);

    /// <summary>All commands, working on this process's terminal.</summary>
    public static RootCommand Build() => Build(CliWorld.Real());

    /// <summary>All commands, working on a given world.</summary>
    public static RootCommand Build(CliWorld world)
    {
        GlobalOptions options = new();
        CommandAction action = new(world, options);
        RootCommand root = new(Description)
        {
            options.Context,
            options.Server,
            UpCommand.Create(action),
            ServerCommand.Create(action),
            ConfigCommand.Create(action),
            TokenCommand.Create(action),
            CredentialCommand.Create(action),
            ModelCommand.Create(action),
            ApplyCommand.Create(action),
            GetCommand.Create(action),
            DescribeCommand.Create(action),
            ExplainCommand.Create(action),
            RolloutCommand.Create(action),
            WaitCommand.Create(action),
            LogsCommand.Create(action),
            EventsCommand.Create(action),
            DeviceCommand.Create(action),
            DeleteCommand.Create(action),
            PolicyCommand.Create(action),
            SchemaCommand.Create(action),
            CompletionCommand.Create(action),
            VersionCommand.Create(action),
        };
        return root;
    }

    /// <summary>Parses and runs one command line.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliWorld world, CancellationToken ct)
    {
        ParseResult parsed = Build(world).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
            {
                world.Error.WriteLine($"error {CliErrors.Usage.Code}: {error.Message.TrimEnd('.')}");
            }

            world.Error.WriteLine($"  Run '{CommandPath(parsed)} --help' to see what it takes.");
            return ExitCodes.Usage;
        }

        InvocationConfiguration configuration = new()
        {
            Output = world.Out,
            Error = world.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = StopDeadline,
        };
        return await parsed.InvokeAsync(configuration, ct).ConfigureAwait(false);
    }

    private static string CommandPath(ParseResult parsed)
    {
        List<string> names = [];
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            if (at is System.CommandLine.Parsing.CommandResult command)
            {
                names.Insert(0, command.Command is RootCommand ? "kedge" : command.Command.Name);
            }
        }

        return string.Join(' ', names);
    }
}
