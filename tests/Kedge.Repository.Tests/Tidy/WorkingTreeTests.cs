using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class WorkingTreeTests
{
    [Fact]
    public void The_working_tree_is_tidy()
    {
        var baseline = new Baseline(File.ReadAllText(Tree.At("eng/Tidy/baseline.txt")));
        IReadOnlyList<Offence> worse = baseline.Compare(Judge.FromTree(Tree.Root).All(Tree.Read()));

        Assert.True(worse.Count == 0, $"{worse.Count} offences; ./dev tidy shows them:\n{string.Join('\n', worse)}");
    }

    /// <summary>What is not meant to last is easily left where everybody sees it first.</summary>
    [Fact]
    public void Only_known_pages_stand_at_the_top_and_every_change_has_a_number_of_its_own()
    {
        Assert.Equal(
            ["ARCHITECTURE.md", "README.md"],
            Directory.EnumerateFiles(Tree.Root, "*.md").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string[] numbers = [.. Directory.EnumerateFiles(Tree.At("changes"), "0*.md")
            .Select(static file => Path.GetFileName(file)[..4])];
        Assert.Equal(numbers.Distinct(StringComparer.Ordinal).Count(), numbers.Length);
    }

    [Fact]
    public void Every_project_that_ships_is_in_the_reference_table_and_in_the_solution()
    {
        var table = new ReferenceTable(File.ReadAllText(Tree.At("eng/Tidy/references.txt")));
        string solution = File.ReadAllText(Tree.At("Kedge.slnx"));
        string[] projects =
            [.. Directory.EnumerateDirectories(Tree.At("src")).Select(Path.GetFileName).OfType<string>()];

        Assert.NotEmpty(projects);
        Assert.All(projects, project =>
        {
            Assert.Contains(project, table.Projects);
            Assert.Contains($"src/{project}/{project}.csproj", solution, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_test_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Tree.At("Kedge.slnx"));
        IEnumerable<string> projects = Directory
            .EnumerateFiles(Tree.At("tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Tree.Root, path));

        Assert.All(projects, project => Assert.Contains(project, solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_version_of_a_package_is_exact_and_stands_in_one_place()
    {
        IEnumerable<SourceFile> projects =
            Tree.Read().Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal));

        Assert.All(projects, project =>
            Assert.DoesNotMatch("<PackageReference [^>]*Version=", project.Text));
        Assert.DoesNotMatch("""Version="[^"]*[*,\[]""", File.ReadAllText(Tree.At("Directory.Packages.props")));
    }
}
