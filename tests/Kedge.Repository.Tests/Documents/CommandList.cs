namespace Kedge.Repository.Tests.Documents;

/// <summary>One row of <c>docs/commands.txt</c>.</summary>
/// <param name="Prefix">A command is covered when it begins with this.</param>
/// <param name="Proof">A test's name, <c>./test</c>, or <c>by hand: REASON</c>.</param>
internal sealed record CommandRow(string Prefix, string Proof)
{
    private const string ByHand = "by hand: ";

    public bool IsByHand => Proof.StartsWith(ByHand, StringComparison.Ordinal) && Proof.Length > ByHand.Length;

    public bool Covers(string command) =>
        command == Prefix || command.StartsWith(Prefix + " ", StringComparison.Ordinal);
}

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
                : throw new FormatException($"commands.txt: '{parts[0]}' is not 'PREFIX | PROOF'")),
    ];

    /// <summary>The row that says most about a command: the one with the longest prefix.</summary>
    public static CommandRow? Find(IReadOnlyList<CommandRow> rows, string command) =>
        rows.Where(row => row.Covers(command)).MaxBy(row => row.Prefix.Length);
}
