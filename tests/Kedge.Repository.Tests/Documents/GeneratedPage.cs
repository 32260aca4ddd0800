namespace Kedge.Repository.Tests.Documents;

/// <summary>
/// A page that code writes and people read: compared as it stands, written anew by <c>./dev golden</c>.
/// </summary>
internal static class GeneratedPage
{
    public static void MustEqual(string path, string expected)
    {
        string file = Tree.At(path);
        if (Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!); // the path has a folder
            File.WriteAllText(file, expected);
        }

        string found = File.Exists(file) ? File.ReadAllText(file) : "";
        if (found != expected)
        {
            string[] lines = found.Split('\n');
            IEnumerable<string> missing = expected.Split('\n').Except(lines).Take(10);
            IEnumerable<string> stale = lines.Except(expected.Split('\n')).Take(10);
            Assert.Fail(
                $"{path} is out of step with the code; ./dev golden Repository writes it anew.\n"
                + $"missing:\n{string.Join('\n', missing)}\nstale:\n{string.Join('\n', stale)}");
        }
    }

    /// <summary>Text as it may stand in a cell of a table.</summary>
    public static string Cell(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
