using Spectre.Console;

namespace Kedge.Demo;

/// <summary>Tells what happens as it happens, and keeps what was measured for the table at the end.</summary>
internal sealed class Story
{
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly List<(string What, string Figure)> _shown = [];
    private int _chapter;

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_start);

    public void Chapter(string title)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[bold]{++_chapter}. {title}[/]");
    }

    public static void Say(string text) => AnsiConsole.MarkupLineInterpolated($"   [grey]{text}[/]");

    /// <summary>Shows a command and what it printed.</summary>
    public static void Show(string command, string output, int linesMax = 14)
    {
        AnsiConsole.MarkupLineInterpolated($"   [blue]$ {command}[/]");
        string[] lines = output.TrimEnd().Split('\n');
        foreach (string line in lines.Take(linesMax))
        {
            AnsiConsole.WriteLine("     " + line);
        }

        if (lines.Length > linesMax)
        {
            AnsiConsole.MarkupLineInterpolated($"     [grey]... {lines.Length - linesMax} more lines[/]");
        }
    }

    /// <summary>Does one thing, with a sign of life while it lasts.</summary>
    public static async Task<T> DoAsync<T>(string what, Func<Task<T>> act, Func<T, string> result)
    {
        long start = TimeProvider.System.GetTimestamp();
        T value = AnsiConsole.Profile.Capabilities.Interactive
            ? await AnsiConsole.Status().StartAsync(what, _ => act())
            : await act();
        string seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds.ToString("0.0", Format);
        AnsiConsole.MarkupLineInterpolated($"   [green]ok[/] {what}: {result(value)} [grey]({seconds} s)[/]");
        return value;
    }

    public static Task DoAsync(string what, Func<Task> act, string result = "done") => DoAsync(
        what,
        async () =>
        {
            await act();
            return true;
        },
        _ => result);

    /// <summary>Keeps one measured line for the end.</summary>
    public void Shown(string what, string figure) => _shown.Add((what, figure));

    public void End()
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("shown").AddColumn("measured");
        foreach ((string what, string figure) in _shown)
        {
            table.AddRow(Markup.Escape(what), Markup.Escape(figure));
        }

        AnsiConsole.WriteLine();
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated($"[bold]Told in {Elapsed.TotalSeconds:0} s.[/]");
    }

    private static System.Globalization.CultureInfo Format => System.Globalization.CultureInfo.InvariantCulture;
}
