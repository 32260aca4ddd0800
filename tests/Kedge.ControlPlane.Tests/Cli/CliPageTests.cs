using System.CommandLine;
using System.Reflection;
using System.Text;
using Kedge.Cli;
using Kedge.Tests.Support;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary><c>docs/cli.md</c> is made of the command line itself.</summary>
public class CliPageTests
{
    private const string Opening =
        """
        # The command line

        `kedge` is the control plane and everything that is done with it. It keeps kubectl's habits: `KIND NAME` or
        `KIND/NAME`, `-o json|yaml|wide|name`, `-l` for labels, `-w` to watch, `-f` for manifests, contexts for servers.

        Results go to standard output and everything else to standard error. Tables are for people; `-o json` and
        `-o yaml` are for programs, and what they print of deployments, devices, models, tokens and policies can be
        applied again. Colours and progress bars appear on terminals only; `NO_COLOR` turns colours off.

        Contexts lie in `~/.config/kedge/config.json`, mode 0600, or where `KEDGE_CONFIG` says. `KEDGE_CONTEXT` and
        `--context` choose one for a command. The first start of a server writes the administrator's context there, and
        the owner's keys beside it unless `--owner` says where.

        An error is a code, a sentence and what to do about it; [errors.md](errors.md) lists all codes.
        `kedge completion` prints a script that lets bash, zsh or fish complete commands.

        This page is generated from the program.

        ## Exit status

        | status | meaning |
        |---|---|

        """;

    private static readonly Dictionary<int, string> _meanings = new()
    {
        [ExitCodes.Ok] = "done",
        [ExitCodes.Failed] = "it failed for a reason that is none of the others",
        [ExitCodes.Usage] = "the command line cannot be understood",
        [ExitCodes.NotFound] = "what was named does not exist",
        [ExitCodes.Refused] = "the input is invalid, or the server refused it; nothing was changed",
        [ExitCodes.Unreachable] = "the server could not be reached",
        [ExitCodes.TimedOut] = "what was waited for did not happen in time",
        [ExitCodes.Interrupted] = "stopped by Ctrl-C or a signal",
    };

    [Fact]
    public void The_page_of_commands_is_in_step_with_the_program() =>
        Assert.Null(GoldenFile.Difference("docs/cli.md", Page()));

    private static string Page()
    {
        StringBuilder page = new(Opening.ReplaceLineEndings("\n"));
        foreach (FieldInfo field in typeof(ExitCodes).GetFields())
        {
            int code = (int)field.GetRawConstantValue()!;
            page.Append($"| {code} | {_meanings[code]} |\n");
        }

        RootCommand root = KedgeCommand.Build();
        page.Append("\n## Options of every command\n\n");
        Options(page, root.Options.Where(
            option => option.Recursive && option.Name.StartsWith("--c", StringComparison.Ordinal)
            || option.Name == "--server"));
        foreach (Command command in root.Subcommands)
        {
            Append(page, command, "kedge", "##");
        }

        return page.ToString();
    }

    private static void Append(StringBuilder page, Command command, string parent, string heading)
    {
        string name = $"{parent} {command.Name}";
        page.Append($"\n{heading} {name}\n\n{command.Description}\n");
        if (command.Action is not null)
        {
            string usage = string.Concat(command.Arguments.Select(argument => $" {Usage(argument)}"));
            string options = command.Options.Count > 0 ? " [OPTION]..." : "";
            page.Append($"\n```text\n{name}{usage}{options}\n```\n\n");
            foreach (Argument argument in command.Arguments)
            {
                page.Append($"- `{argument.Name}`: {argument.Description}\n");
            }

            Options(page, command.Options);
        }

        foreach (Command child in command.Subcommands)
        {
            Append(page, child, name, "###");
        }
    }

    private static void Options(StringBuilder page, IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(option => !option.Hidden && option.Name != "--help"))
        {
            string names = string.Join("`, `", option.Aliases.Order(StringComparer.Ordinal).Append(option.Name));
            string value = option.HelpName is { Length: > 0 } help ? " " + help : "";
            string required = option.Required ? " Required." : "";
            page.Append($"- `{names}{value}`: {option.Description}{required}\n");
        }
    }

    private static string Usage(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? argument.Name + "..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }
}
