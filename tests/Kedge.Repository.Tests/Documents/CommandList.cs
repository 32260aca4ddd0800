namespace Kedge.Repository.Tests.Documents;

/// <summary>One row of <c>docs/commands.txt</c>.</summary>
/// <param name="Command">The whole command, as the document has it.</param>
/// <param name="Proof">A test's name, or <c>./test</c>.</param>
internal sealed record CommandRow(string Command, string Proof);

/// <summary>Which test runs which command of the documents.</summary>
internal static class CommandList
{
    public static IReadOnlyList<CommandRow> Read(string text) =>
    [
        .. text.Split('\n')
            .Where(line => line.Trim().Length > 0 && !line.StartsWith('#'))
            .Select(line => line.Split(" | ", 2))
            .Select(parts => parts.Length == 2
                ? new CommandRow(parts[0].Trim(), parts[1].Trim())
                : throw new FormatException($"commands.txt: '{parts[0]}' is not 'COMMAND | PROOF'")),
    ];
}
