using System.CommandLine;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge completion SHELL</c>: a script that lets a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # kedge completion bash >/etc/bash_completion.d/kedge
        _kedge() {
            local IFS=$'\n' words
            words="$(kedge "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
            COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _kedge kedge

        """;

    private const string Zsh =
        """
        #compdef kedge
        # kedge completion zsh >"${fpath[1]}/_kedge"
        _kedge() {
            local -a found
            found=("${(@f)$(kedge "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- $found
        }
        compdef _kedge kedge

        """;

    private const string Fish =
        """
        # kedge completion fish >~/.config/fish/completions/kedge.fish
        complete -f -c kedge -a '(kedge "[suggest:"(commandline -C)"]" (commandline))'

        """;

    public static Command Create(CommandAction action)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Command command = new("completion", "Print a script that lets a shell complete this program's commands.")
        {
            shell,
        };
        action.Bind(command, (session, _) =>
        {
            session.Print.Raw(session.Get(shell) switch
            {
                "zsh" => Zsh,
                "fish" => Fish,
                _ => Bash,
            });
            return Task.CompletedTask;
        });
        return command;
    }
}
