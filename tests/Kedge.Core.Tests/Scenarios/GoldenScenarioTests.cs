using System.Runtime.CompilerServices;

namespace Kedge.Core.Tests.Scenarios;

/// <summary>
/// Every story under <c>Scenarios</c>, commands and full output. <c>./dev golden</c> writes them anew.
/// </summary>
public sealed class GoldenScenarioTests
{
    public static TheoryData<string> Stories() => In("device");

    public static TheoryData<string> Rollouts() => In("rollout");

    [Theory]
    [MemberData(nameof(Stories))]
    public void A_device_story_is_told_as_written(string story) => Hold("device", story, DeviceStory.Play);

    [Theory]
    [MemberData(nameof(Rollouts))]
    public void A_rollout_story_is_told_as_written(string story) => Hold("rollout", story, FleetStory.Play);

    private static void Hold(string kind, string story, Func<string, string> play)
    {
        string file = Path.Combine(Folder(kind), story);
        string written = File.ReadAllText(file);
        string told = play(written);
        if (Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1")
        {
            File.WriteAllText(file, told);
            written = told;
        }

        Assert.Equal(written, told);
    }

    private static TheoryData<string> In(string kind) =>
        [.. Directory.GetFiles(Folder(kind), "*.txt").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static string Folder(string kind, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, kind);
}
