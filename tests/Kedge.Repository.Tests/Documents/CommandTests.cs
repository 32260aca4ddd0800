using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Kedge.Repository.Tests.Documents;

/// <summary>
/// Every command in a block fenced with <c>```sh</c> is run by a test, and says words that the program knows: those of
/// the pages below <c>docs</c> by the test that runs these pages word for word, all others, and what that test cannot
/// run,
/// by the test that <c>docs/commands.txt</c> names. What is no command to run is fenced with <c>```text</c> or
/// <c>```console</c>.
/// </summary>
public sealed class CommandTests
{
    private static readonly IReadOnlyList<CommandRow> Rows =
        CommandList.Read(File.ReadAllText(Tree.At("docs/commands.txt")));

    /// <summary>
    /// The root command, asked for by name: the page must be checked against the program that is built.
    /// </summary>
    private static readonly Lazy<Command?> Cli = new(() => Assemblies.All()
        .Select(assembly => assembly.GetType("Kedge.Cli.KedgeCommand"))
        .OfType<Type>()
        .Select(type => type.GetMethod("Build", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, []))
        .Select(build => build?.Invoke(null, null) as Command)
        .FirstOrDefault());

    [Fact]
    public void Every_command_in_the_documents_is_run_by_a_test()
    {
        IEnumerable<string> bare = Documented()
            .Where(found => !found.Where.StartsWith("docs/", StringComparison.Ordinal))
            .Where(found => Rows.All(row => row.Command != found.Command))
            .Select(found => $"{found.Where}: {found.Command}");

        Assert.True(!bare.Any(), $"no row of docs/commands.txt names:\n{string.Join('\n', bare)}");
    }

    [Fact]
    public void Every_row_of_the_list_covers_a_command_and_names_a_test_that_stands()
    {
        HashSet<string> used = [.. Documented().Select(found => found.Command)];
        string tests = string.Concat(Tree.Read().Files
            .Where(file => file.IsCSharp && file.Path.StartsWith("tests/", StringComparison.Ordinal))
            .Select(file => file.Text));

        Assert.All(Rows, row =>
        {
            Assert.True(used.Contains(row.Command), $"docs/commands.txt: no document says '{row.Command}'");
            Assert.True(
                row.Proof == "./test" || Regex.IsMatch(tests, $@"\b{Regex.Escape(row.Proof)}\("),
                $"docs/commands.txt: no test is named {row.Proof}");
        });
    }

    [Fact]
    public void Every_script_that_the_documents_call_is_in_the_repository()
    {
        IEnumerable<string> missing = Documented()
            .SelectMany(found => ShellWords.Commands(found.Command).Select(words => (found.Where, Program: words[0])))
            .Where(found => Regex.IsMatch(found.Program, "^(\\./|bench/|deploy/|eng/)(?!out/)"))
            .Where(found => !File.Exists(Tree.At(found.Program)))
            .Select(found => $"{found.Where}: {found.Program}");

        Assert.True(!missing.Any(), $"not there:\n{string.Join('\n', missing)}");
    }

    [Fact]
    public void Every_word_of_a_kedge_command_is_one_that_the_program_knows()
    {
        List<string> wrong = [];
        foreach ((string where, string command) in Documented())
        {
            foreach (IReadOnlyList<string> words in ShellWords.Commands(command).Where(words => words[0] == "kedge"))
            {
                wrong.AddRange(Complaints([.. words.Skip(1)]).Select(complaint => $"{where}: {command}: {complaint}"));
            }
        }

        Assert.True(wrong.Count == 0, $"kedge does not know:\n{string.Join('\n', wrong)}");
    }

    [Theory]
    [InlineData("A=1 kedge get devices -o 'json x' | jq . > f && ./demo", "kedge,get,devices,-o,json x;jq,.;./demo")]
    [InlineData("sudo kedge-agent run 2>&1", "kedge-agent,run")]
    public void A_line_is_split_as_a_shell_would(string line, string expected) => Assert.Equal(
        expected, string.Join(';', ShellWords.Commands(line).Select(words => string.Join(',', words))));

    [Fact]
    public void A_block_is_read_as_a_shell_would()
    {
        const string Page = "# T\n```sh\n$ kedge up  # starts\ncat > a <<'EOF'\nx: 1\nEOF\n"
            + "kedge apply \\\n  -f a\n```\n";

        (int line, string text) = Assert.Single(MarkdownPage.ShellBlocks(Page));
        Assert.Equal(2, line);
        Assert.Equal(["kedge up", "cat > a <<'EOF'", "kedge apply  -f a"], MarkdownPage.Commands(text));
    }

    private static IReadOnlyList<(string Where, string Command)> Documented() =>
    [
        .. Tree.Pages().SelectMany(page => MarkdownPage.ShellBlocks(page.Text)
            .SelectMany(block => MarkdownPage.Commands(block.Text)
                .Select(command => ($"{page.Path}:{block.Line}", command)))),
    ];

    /// <summary>
    /// What the parser of the CLI says to some arguments; values in files and on servers are not its concern.
    /// </summary>
    private static IEnumerable<string> Complaints(string[] arguments) => Cli.Value is null
        ? []
        : Cli.Value.Parse(arguments).Errors.Select(error => error.Message)
            .Where(message => !message.Contains("not exist", StringComparison.Ordinal));
}
