using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Documents;

/// <summary>The README is run as it stands: what a stranger would type is what is tested.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task Readme_by_hand_works_from_kedge_up_to_an_answer()
    {
        string root = Programs.Find(AppContext.BaseDirectory).Root;
        string folder = Directory.CreateTempSubdirectory("kedge-readme-").FullName;
        try
        {
            CommandResult result = await CommandResult.RunAsync(
                "unshare", ["--net", Path.Combine(root, "tests/Kedge.EndToEnd/Documents/readme"), root, folder]);

            result.MustSucceed();
            Assert.Matches(@"bearing-monitor +press-01 +http://127\.0\.0\.1:8500 +serving +bearing:v2", result.Output);
            Assert.Contains("\"name\":\"label\"", result.Output, StringComparison.Ordinal);
            Assert.Contains("1 of 1 devices chosen", result.Output, StringComparison.Ordinal);
            Assert.Matches("done: [0-9]+ commands", result.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
