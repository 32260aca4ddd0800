using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Packaging;

/// <summary>The package of the agent, built from what is published and installed for real in an overlay.</summary>
public sealed class DebianPackageTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Debian_package_installs_removes_and_purges()
    {
        string root = Programs.Find(AppContext.BaseDirectory).Root;
        CommandResult built = await CommandResult.RunAsync(
            Path.Combine(root, "deploy/deb/build"), [], deadline: Deadline);
        built.MustSucceed();
        string package = built.Output.Split('\n')
            .Last(line => line.StartsWith("out/deb/", StringComparison.Ordinal)).Split(':')[0];

        CommandResult tried = await CommandResult.RunAsync(
            Path.Combine(root, "deploy/deb/try"), [Path.Combine(root, package)], deadline: Deadline);

        tried.MustSucceed();
        Assert.Contains("installed, removed, installed again and purged", tried.Output, StringComparison.Ordinal);
    }
}
