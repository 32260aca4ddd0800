using System.CommandLine;
using Kedge.Api;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge logs DEVICE DEPLOYMENT</c>: what a model server wrote, fetched from its device.</summary>
internal static class LogsCommand
{
    private const int LinesMax = 10_000;

    /// <summary>Lines that one look brings while following: each crosses the device's link again.</summary>
    private const int FollowLines = 500;

    private static readonly TimeSpan _pollPeriod = TimeSpan.FromSeconds(2);

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
            if (session.Get(follow))
            {
                await FollowAsync(session, from, of, shown, ct).ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>Until stopped. That a device is away is said once; it is followed on when it is back.</summary>
    private static async Task FollowAsync(
        Session session, string device, string workload, string[] shown, CancellationToken ct)
    {
        bool isAway = false;
        while (true)
        {
            await session.World.Out.FlushAsync(ct).ConfigureAwait(false);
            await Task.Delay(_pollPeriod, session.World.Time, ct).ConfigureAwait(false);
            try
            {
                string text = await session.Client.GetLogsAsync(device, workload, FollowLines, ct)
                    .ConfigureAwait(false);
                string[] now = Lines(text);
                Print(session, [.. LogTail.NewLines(shown, now)]);
                shown = now.Length > 0 ? now : shown;
                isAway = false;
            }
            catch (KedgeApiException e) when (e.Status is 503 or 504)
            {
                if (!isAway)
                {
                    session.Print.Note($"{e.Problem.Error.Message}; waiting for it");
                }

                isAway = true;
            }
        }
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
