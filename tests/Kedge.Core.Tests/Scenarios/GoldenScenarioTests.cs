using System.Runtime.CompilerServices;

namespace Kedge.Core.Tests.Scenarios;

/// <summary>
/// Every story under <c>Scenarios/device</c>, commands and full output. <c>./dev golden</c> writes them anew.
/// </summary>
public sealed class GoldenScenarioTests
{
    public static TheoryData<string> Stories() =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void A_device_story_is_told_as_written(string story)
    {
        string file = Path.Combine(Folder(), story);
        string written = File.ReadAllText(file);
        string told = DeviceStory.Play(written);
        if (Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1")
        {
            File.WriteAllText(file, told);
        }

        Assert.Equal(Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1" ? told : written, told);
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "device");
}
