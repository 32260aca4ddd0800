using System.CommandLine;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge logs DEVICE DEPLOYMENT</c>: what a model server wrote, fetched from its device.</summary>
internal static class LogsCommand
{
    private const int LinesMax = 10_000;

    private static readonly TimeSpan _pollPeriod = TimeSpan.FromSeconds(1);

    public static Command Create(CommandAction action)
    {
        Argument<string> device = new("DEVICE") { Description = "The device, which must be connected." };
        Argument<string> workload = new("DEPLOYMENT") { Description = "The deployment." };
        Option<int> tail = new("--tail")
        {
            Description = "Lines from the end, 1 to 10000.",
            HelpName = "N",
            DefaultValueFactory = _ => 100,
        };
        Option<bool> follow = new("--follow", "-f") { Description = "Go on showing new lines until stopped." };
        Command command = new("logs", "Show what a deployment's model server wrote on a device.")
        {
            device, workload, tail, follow,
        };
        action.Bind(command, async (session, ct) =>
        {
            string from = session.Get(device) ?? "";
            string of = session.Get(workload) ?? "";
            int lines = Math.Clamp(session.Get(tail), 1, LinesMax);
            string[] shown = Lines(await session.Client.GetLogsAsync(from, of, lines, ct).ConfigureAwait(false));
            Print(session, shown);
            while (session.Get(follow))
            {
                await Task.Delay(_pollPeriod, session.World.Time, ct).ConfigureAwait(false);
                string[] now = Lines(await session.Client.GetLogsAsync(from, of, LinesMax, ct).ConfigureAwait(false));
                Print(session, [.. LogTail.NewLines(shown, now)]);
                shown = now.Length > 0 ? now : shown;
                await session.World.Out.FlushAsync(ct).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static void Print(Session session, string[] lines)
    {
        foreach (string line in lines)
        {
            session.Print.Line(line);
        }
    }

    private static string[] Lines(string text) =>
        text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
