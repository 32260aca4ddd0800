using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using Kedge.Core.Errors;

namespace Kedge.Repository.Tests.Documents;

/// <summary>
/// A remedy that names a command which is not there sends a person, at a bad moment, into a second error.
/// </summary>
public sealed partial class RemedyTests
{
    [Fact]
    public void Every_kedge_command_and_option_that_an_error_names_exists()
    {
        Command root = Root();
        IEnumerable<string> wrong =
            from code in Assemblies.FieldsOf<ErrorCode>()
            from Match match in Quoted().Matches($"{code.Value.Cause} {code.Value.Remedy}")
            let complaint = Complaint(root, match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            where complaint is not null
            select $"{code.Value.Code}: {match.Value}: {complaint}";

        Assert.True(!wrong.Any(), $"not there:\n{string.Join('\n', wrong)}");
    }

    private static Command Root() => Assemblies.All()
        .Select(assembly => assembly.GetType("Kedge.Cli.KedgeCommand"))
        .OfType<Type>()
        .Select(type => type.GetMethod("Build", BindingFlags.Static | BindingFlags.Public, []))
        .Select(build => build?.Invoke(null, null) as Command)
        .OfType<Command>()
        .First();

    private static string? Complaint(Command command, IEnumerable<string> words)
    {
        foreach (string word in words.Select(word => word.TrimEnd('.', ',')))
        {
            if (word.StartsWith('-'))
            {
                if (!command.Options.Any(option => option.Name == word || option.Aliases.Contains(word)))
                {
                    return $"'{command.Name}' has no option {word}";
                }
            }
            else if (command.Subcommands.Count > 0 && command.Arguments.Count == 0)
            {
                Command? next = command.Subcommands.FirstOrDefault(sub => sub.Name == word);
                if (next is null)
                {
                    return $"'{command.Name}' has no command {word}";
                }

                command = next;
            }
        }

        return null;
    }

    [GeneratedRegex("['`]kedge ([a-z][^'`]*)['`]")]
    private static partial Regex Quoted();
}
