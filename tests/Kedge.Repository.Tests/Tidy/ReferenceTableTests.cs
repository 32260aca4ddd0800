using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class ReferenceTableTests
{
    private static readonly ReferenceTable Table = new(
        """
        # a comment
        pure  Kedge.Core:
        pure  Kedge.Wire: Kedge.Core
        shell Kedge.Agent: Kedge.Core Kedge.Wire
        """);

    [Fact]
    public void An_allowed_reference_passes_and_any_other_is_named()
    {
        Assert.Empty(Judged("Kedge.Agent", """<ProjectReference Include="../Kedge.Wire/Kedge.Wire.csproj" />"""));

        Offence offence = Assert.Single(
            Judged("Kedge.Wire", """<ProjectReference Include="..\Kedge.Agent\Kedge.Agent.csproj" />"""));
        Assert.Equal(
            "src/Kedge.Wire/Kedge.Wire.csproj: Kedge.Wire must not refer to Kedge.Agent: see eng/Tidy/references.txt",
            offence.ToString());
    }

    [Fact]
    public void A_project_that_is_not_in_the_table_is_named() => Assert.Single(Judged("Kedge.New", ""));

    [Theory]
    [InlineData("""<PackageReference Include="YamlDotNet" />""")]
    [InlineData("""<FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    public void A_pure_project_has_no_packages(string item)
    {
        Assert.Single(Judged("Kedge.Core", item));
        Assert.Empty(Judged("Kedge.Agent", item));
    }

    [Theory]
    [InlineData("""<PackageReference Include="Some.Analyzers" PrivateAssets="all" />""")]
    [InlineData("""<ProjectReference Include="../../eng/Analyzers/A.csproj" OutputItemType="Analyzer" />""")]
    public void An_analyzer_is_no_library(string item) => Assert.Empty(Judged("Kedge.Core", item));

    [Theory]
    [InlineData("Kedge.Core: Kedge.Wire")]
    [InlineData("impure Kedge.Core:")]
    [InlineData("pure Kedge.Core")]
    public void A_table_of_another_form_is_refused(string line) =>
        Assert.Throws<FormatException>(() => new ReferenceTable(line));

    private static List<Offence> Judged(string project, string items)
    {
        string text = $"<Project><ItemGroup>{items}</ItemGroup></Project>";
        return [.. Table.Judge(new SourceFile($"src/{project}/{project}.csproj", text))];
    }
}
