using Spectre.Console;

namespace Kedge.Cli.Output;

/// <summary>A progress bar on standard error where that is a terminal; nothing where it is not.</summary>
internal static class ProgressLine
{
    /// <summary>Runs work that reports how far it has come.</summary>
    /// <param name="world">The terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How much there is to do.</param>
    /// <param name="work">Does it; calls what it is given with each part that is done, from any thread.</param>
    public static Task RunAsync(CliWorld world, string title, long total, Func<Action<long>, Task> work)
    {
        if (!world.IsErrorTerminal)
        {
            return work(_ => { });
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(world.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(total, 1));
                return work(part => task.Increment(part));
            });
    }
}
