using System.Text.RegularExpressions;

namespace Kedge.Repository.Tests.Documents;

/// <summary>The page of faults names tests: each of them must stand, and each code must be listed.</summary>
public sealed partial class FaultPageTests
{
    private static readonly string Page = File.ReadAllText(Tree.At("docs/operations/faults.md"));

    [Fact]
    public void Every_test_that_the_page_of_faults_names_exists()
    {
        string tests = string.Concat(Directory
            .EnumerateFiles(Tree.At("tests"), "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        string[] named = [.. Test().Matches(Page).Select(static m => m.Groups[1].Value).Distinct()];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($" {name}(", tests, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_code_that_the_page_of_faults_names_is_listed_with_its_remedy()
    {
        string errors = File.ReadAllText(Tree.At("docs/errors.md"));
        string[] named = [.. Code().Matches(Page).Select(static m => m.Groups[1].Value).Distinct()];
        Assert.NotEmpty(named);
        Assert.All(named, code => Assert.Contains($"`{code}`", errors, StringComparison.Ordinal));
    }

    [GeneratedRegex("`([A-Z][a-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex Test();

    [GeneratedRegex("`(KEDGE-[A-Z]+-[0-9]{3})`")]
    private static partial Regex Code();
}
