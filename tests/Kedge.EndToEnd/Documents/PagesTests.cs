using System.Globalization;
using System.Text.RegularExpressions;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Documents;

/// <summary>
/// The pages below <c>docs</c> are run as they stand, but for the commands that <c>docs/commands.txt</c> gives to
/// another test.
/// </summary>
public sealed partial class PagesTests
{
    [Fact]
    public async Task Every_command_of_the_pages_works_as_it_stands()
    {
        string root = Programs.Find(AppContext.BaseDirectory).Root;
        string folder = Directory.CreateTempSubdirectory("kedge-pages-").FullName;
        try
        {
            string elsewhere = Path.Combine(folder, "elsewhere.txt");
            await File.WriteAllLinesAsync(
                elsewhere,
                (await File.ReadAllLinesAsync(Path.Combine(root, "docs", "commands.txt")))
                    .Where(line => !line.StartsWith('#'))
                    .Select(line => line.Split(" | ")[0].Trim()));
            CommandResult result = await CommandResult.RunAsync(
                "unshare",
                ["--net", "--mount", Path.Combine(
                    root, "tests/Kedge.EndToEnd/Documents/pages"), root, folder, elsewhere],
                deadline: TimeSpan.FromMinutes(5));

            result.MustSucceed();
            int ran = int.Parse(Ran().Match(result.Output).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            Assert.InRange(ran, 25, int.MaxValue);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("^done: ([0-9]+) commands$", RegexOptions.Multiline)]
    private static partial Regex Ran();
}
