using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>The main job as ./demo tells it; it ends with an error when a line does not hold.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_tells_its_story_to_the_end()
    {
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        CommandResult told = await CommandResult.RunAsync(
            Path.Combine(programs.Root, "demo"), [], deadline: TimeSpan.FromMinutes(8));
        Assert.True(told.ExitCode == 0, told.Output + told.Error);
        Assert.Contains("healthy workloads restarted", told.Output, StringComparison.Ordinal);
    }
}
