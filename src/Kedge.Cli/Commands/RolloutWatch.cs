using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Errors;
using Spectre.Console;

namespace Kedge.Cli.Commands;

/// <summary>
/// Follows a rollout until it is settled. On a terminal the picture is drawn anew in its place; elsewhere each change
/// is a line. It asks rather than watches, as <see cref="Waiting"/> does.
/// </summary>
internal sealed class RolloutWatch(Session session, TimeSpan timeout)
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(200);

    private readonly long _began = session.World.Time.GetTimestamp();
    private string _last = "";

    /// <summary>Form of the result.</summary>
    public OutputFormat Format { get; init; }

    /// <summary>True to show every device.</summary>
    public bool HasAllDevices { get; init; }

    /// <summary>Follows one to its end; a timeout of zero looks once.</summary>
    public async Task<int> RunAsync(string name, CancellationToken ct)
    {
        RolloutResource rollout = timeout > TimeSpan.Zero
            ? await FollowAsync(name, ct).ConfigureAwait(false)
            : await session.Client.GetRolloutAsync(name, ct).ConfigureAwait(false);
        bool isForPrograms = Format is OutputFormat.Json or OutputFormat.Yaml;
        if (isForPrograms)
        {
            session.Print.Raw(RolloutText.Whole(rollout, Format));
        }
        else
        {
            Show(rollout);
        }

        return rollout.Phase switch
        {
            "Complete" => ExitCodes.Ok,
            "Paused" => throw Ended(rollout, RolloutText.Line(rollout)),
            "RolledBack" or "RollingBack" => throw Ended(rollout, RolloutText.Line(rollout)),
            _ when isForPrograms && timeout == TimeSpan.Zero => ExitCodes.Ok,
            _ => throw new CliException(
                CliErrors.TimedOut,
                $"{RolloutText.Line(rollout)}, after {timeout.TotalSeconds:0} s",
                ExitCodes.TimedOut),
        };
    }

    private async Task<RolloutResource> FollowAsync(string name, CancellationToken ct)
    {
        if (!session.World.IsErrorTerminal || session.World.Environment("TERM") == "dumb")
        {
            return await UntilSettledAsync(name, Say, ct).ConfigureAwait(false);
        }

        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(session.World.Error) });
        return await console.Live(new Text(""))
            .AutoClear(true)
            .StartAsync(live => UntilSettledAsync(name, rollout => live.UpdateTarget(Picture(rollout)), ct))
            .ConfigureAwait(false);
    }

    private async Task<RolloutResource> UntilSettledAsync(
        string name, Action<RolloutResource> show, CancellationToken ct)
    {
        while (true)
        {
            RolloutResource rollout = await session.Client.GetRolloutAsync(name, ct).ConfigureAwait(false);
            show(rollout);
            if (IsSettled(rollout) || session.World.Time.GetElapsedTime(_began) >= timeout)
            {
                return rollout;
            }

            await Task.Delay(_period, session.World.Time, ct).ConfigureAwait(false);
        }
    }

    private static bool IsSettled(RolloutResource rollout) => rollout.Strategy == "All"
        ? rollout.Total > 0 && rollout.Serving == rollout.Total
        : rollout.Phase is "Complete" or "RolledBack" or "Paused";

    private void Say(RolloutResource rollout)
    {
        string line = RolloutText.Line(rollout)
            + (rollout.Waits.Count > 0 ? "; waits for: " + string.Join("; ", rollout.Waits) : "");
        if (line != _last)
        {
            session.Print.Note(line);
            _last = line;
        }
    }

    private Text Picture(RolloutResource rollout)
    {
        FieldBlock block = RolloutText.Block(rollout, session.NowMs, colour: false)
            .AddTable("On devices", RolloutText.Devices(rollout, HasAllDevices), colour: false);
        return new Text(Printer.Clean(block.ToString())) { Overflow = Overflow.Ellipsis };
    }

    private void Show(RolloutResource rollout)
    {
        TextTable devices = RolloutText.Devices(rollout, HasAllDevices);
        if (rollout.Phase == "Complete" && devices.RowCount == 0)
        {
            session.Print.Line($"deployment/{rollout.Deployment} {RolloutText.Line(rollout)}");
            return;
        }

        FieldBlock block = RolloutText.Block(rollout, session.NowMs, session.World.HasColour);
        if (devices.RowCount > 0)
        {
            block.AddTable("On devices", devices, session.World.HasColour);
        }

        session.World.Out.Write(block.ToString());
    }

    private static CliException Ended(RolloutResource rollout, string line) => new(
        [new Finding(rollout.Code, $"deployment/{rollout.Deployment} {line}; {rollout.Reason}")], ExitCodes.Failed);
}
