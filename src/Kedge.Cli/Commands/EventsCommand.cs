using System.Collections.Immutable;
using System.CommandLine;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge events</c>: what happened in the fleet, oldest first.</summary>
internal static class EventsCommand
{
    public static Command Create(CommandAction action)
    {
        Option<string> device = new("--device") { Description = "Only those of this device.", HelpName = "NAME" };
        Option<int> limit = new("--limit")
        {
            Description = "At most so many, the newest.",
            HelpName = "N",
            DefaultValueFactory = _ => EventKind.LimitDefault,
        };
        Option<bool> watch = new("--watch", "-w") { Description = "Go on showing events until stopped." };
        Option<string> output = OutputOption.Create("wide", "json", "yaml");
        Command command = new("events", "Show what happened in the fleet.") { device, limit, watch, output };
        action.Bind(command, (session, ct) =>
        {
            string named = session.Get(device) ?? "";
            OutputFormat format = OutputOption.Parse(session.Get(output));
            return session.Get(watch)
                ? WatchAsync(session, named, format, ct)
                : ListAsync(session, (named, Math.Clamp(session.Get(limit), 1, 1_000)), format, ct);
        });
        return command;
    }

    private static async Task ListAsync(
        Session session, (string Device, int Limit) query, OutputFormat format, CancellationToken ct)
    {
        ImmutableArray<Listed> items =
            await EventKind.ListAsync(session, query.Device, query.Limit, ct).ConfigureAwait(false);
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(NodeText.Write(NodeText.List(items.Select(item => item.Object())), format));
            return;
        }

        session.Print.Table(Table(items, format), "There are no events.");
    }

    private static async Task WatchAsync(Session session, string device, OutputFormat format, CancellationToken ct)
    {
        WatchScreen screen = new(session.World);
        await foreach (ListedChange change in
            EventKind.Kind.Watch!(session, new ListQuery(device), ct).ConfigureAwait(false)) // events can be watched
        {
            if (format is OutputFormat.Json or OutputFormat.Yaml)
            {
                string divider = format == OutputFormat.Yaml ? "---\n" : "";
                session.Print.Raw(divider + NodeText.Write(change.Item.Object(), format));
            }
            else
            {
                screen.Show(change, rows => Table(rows, format));
            }

            await session.World.Out.FlushAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Events as a table; also the last part of <c>describe</c>.</summary>
    public static TextTable Table(IEnumerable<Listed> items, OutputFormat format)
    {
        ImmutableArray<Column> columns = EventKind.Kind.Columns;
        bool isWide = format == OutputFormat.Wide;
        TextTable table = new([.. columns.Where(column => isWide || !column.IsWide).Select(column => column.Heading)]);
        foreach (Listed item in items)
        {
            table.Add([.. item.Cells.Where((_, index) => isWide || !columns[index].IsWide)]);
        }

        return table;
    }
}
