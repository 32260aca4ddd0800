using System.Text.Json;
using System.Xml.Linq;

namespace Kedge.Repository.Tests.Builds;

/// <summary>Every project is locked, for a restore and for a publish: see Directory.Build.targets.</summary>
public sealed class LockTests
{
    /// <summary>The projects of the solution, as it names them.</summary>
    public static TheoryData<string> Projects() => [.. Named()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_has_a_lock_that_covers_a_publish_and_names_no_registry(string project)
    {
        string path = Path.Combine(Path.GetDirectoryName(Tree.At(project))!, "packages.lock.json");
        Assert.True(File.Exists(path), $"{project} has no lock: run ./dev lock");

        string text = File.ReadAllText(path);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        using JsonDocument read = JsonDocument.Parse(text);
        string[] targets =
            [.. read.RootElement.GetProperty("dependencies").EnumerateObject().Select(target => target.Name)];
        Assert.Contains(targets, target => target.EndsWith("/linux-x64", StringComparison.Ordinal));
        foreach (JsonProperty target in read.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            Assert.All(target.Value.EnumerateObject(), package => Assert.True(
                package.Value.GetProperty("type").GetString() == "Project"
                    || package.Value.TryGetProperty("contentHash", out _),
                $"{project}: {package.Name} has no content hash"));
        }
    }

    [Fact]
    public void Every_project_stands_in_the_solution()
    {
        IEnumerable<string> found = Tree.Read().Files.Select(file => file.Path)
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.Equal(found.Order(StringComparer.Ordinal), Named().Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Named() => XDocument.Load(Tree.At("Kedge.slnx")).Descendants("Project")
        .Select(project => project.Attribute("Path")!.Value);
}
