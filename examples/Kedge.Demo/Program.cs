using Kedge.Demo;
using Kedge.Tests.Fleet;

bool keep = args.Contains("--keep");
if (args.Any(a => a is not "--keep"))
{
    await Console.Error.WriteLineAsync("usage: demo [--keep]\n  --keep  leave the fleet up, and say what to try next");
    return 2;
}

Programs programs = Programs.Find(AppContext.BaseDirectory);
string folder = Path.Combine(Path.GetTempPath(), $"kedge-demo-{Environment.ProcessId}");
Story story = new();
LocalFleet fleet = new(programs, folder);
try
{
    await new MainJob(story, fleet).RunAsync();
    story.End();
    if (keep)
    {
        MainJob.SayWhatToTry(fleet);
        await Console.Out.WriteLineAsync("Press Ctrl-C to stop everything.");
        TaskCompletionSource stop = new();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.TrySetResult();
        };
        await stop.Task;
    }

    return 0;
}
catch (Exception e) when (e is TimeoutException or InvalidOperationException or IOException or HttpRequestException)
{
    await Console.Error.WriteLineAsync($"\nThe demo failed: {e.Message}\n\n{await fleet.DescribeAsync()}");
    return 1;
}
finally
{
    await fleet.DisposeAsync();
    Directory.Delete(folder, recursive: true);
}
