using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Nodes;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge get KIND [NAME...]</c>: what there is.</summary>
internal static class GetCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string[]> words = new("KIND")
        {
            Description = "devices, models, deployments, endpoints, sites, tokens, events, signingpolicies or "
                + "credentials; then names, or KIND/NAME.",
            Arity = ArgumentArity.OneOrMore,
        };
        words.CompletionSources.Add([.. ResourceKinds.All.Select(kind => kind.Plural)]);
        Option<string> selector = new("--selector", "-l")
        {
            Description = "Only those with these labels, as line=press,site!=lyon.",
            HelpName = "LABELS",
        };
        Option<string> output = OutputOption.Create("wide", "json", "yaml", "name");
        Option<bool> watch = new("--watch", "-w") { Description = "Go on showing changes until stopped." };
        Option<bool> noHeaders = new("--no-headers") { Description = "Leave the headings out." };
        Command command = new("get", "Show what there is.") { words, selector, output, watch, noHeaders };
        action.Bind(command, (session, ct) =>
        {
            (ResourceKind kind, ImmutableArray<string> names) = ResourceKinds.Split(session.Get(words) ?? []);
            GetRequest request = new()
            {
                Kind = kind,
                Names = names,
                Selector = session.Get(selector) ?? "",
                Format = OutputOption.Parse(session.Get(output)),
                HasHeadings = !session.Get(noHeaders),
            };
            if (request.Selector.Length > 0 && !kind.HasSelector)
            {
                throw new CliException(CliErrors.Kind, $"{kind.Plural} are not selected by labels", ExitCodes.Usage);
            }

            return session.Get(watch) ? WatchAsync(session, request, ct) : ListAsync(session, request, ct);
        });
        return command;
    }

    private static async Task ListAsync(Session session, GetRequest request, CancellationToken ct)
    {
        bool isWhole = request.Format is OutputFormat.Json or OutputFormat.Yaml;
        List<Listed> items = [];
        if (request.Names.IsEmpty)
        {
            items.AddRange(await request.Kind.List(
                session, new ListQuery("", request.Selector, isWhole), ct).ConfigureAwait(false));
        }

        foreach (string name in request.Names)
        {
            items.AddRange(await request.Kind.List(
                session, new ListQuery(name, "", isWhole), ct).ConfigureAwait(false));
        }

        bool isSingle = request.Names.Length == 1 && items.Count == 1;
        Write(session, request, items, isSingle);
    }

    private static void Write(Session session, GetRequest request, List<Listed> items, bool isSingle)
    {
        switch (request.Format)
        {
            case OutputFormat.Json:
            case OutputFormat.Yaml:
                JsonObject whole = isSingle
                    ? items[0].Object()
                    : NodeText.List(items.Select(item => item.Object()));
                session.Print.Raw(NodeText.Write(whole, request.Format));
                break;
            case OutputFormat.Name:
                foreach (Listed item in items)
                {
                    session.Print.Line($"{request.Kind.Singular}/{item.Name}");
                }

                break;
            default:
                if (items.Count == 0)
                {
                    session.Print.Note($"There are no {request.Kind.Plural}.");
                }
                else
                {
                    session.World.Out.Write(
                        Table(request, items).Render(session.World.HasColour, request.HasHeadings));
                }

                break;
        }
    }

    private static TextTable Table(GetRequest request, IEnumerable<Listed> items)
    {
        bool isWide = request.Format == OutputFormat.Wide;
        ImmutableArray<Column> columns = request.Kind.Columns;
        TextTable table = new([.. columns.Where(column => isWide || !column.IsWide).Select(column => column.Heading)]);
        foreach (Listed item in items)
        {
            table.Add([.. item.Cells.Where((_, index) => isWide || !columns[index].IsWide)]);
        }

        return table;
    }

    private static async Task WatchAsync(Session session, GetRequest request, CancellationToken ct)
    {
        if (request.Kind.Watch is not { } watch)
        {
            throw new CliException(
                CliErrors.Kind, $"{request.Kind.Plural} cannot be watched", ExitCodes.Usage);
        }

        WatchScreen screen = new(session.World);
        GetRequest form = request.Format == OutputFormat.Table ? request : request with { HasHeadings = true };
        ListQuery query = new("", request.Selector);
        await foreach (ListedChange change in watch(session, query, ct).ConfigureAwait(false))
        {
            if (!request.Names.IsEmpty && !request.Names.Contains(change.Item.Name))
            {
                continue;
            }

            switch (form.Format)
            {
                case OutputFormat.Json:
                case OutputFormat.Yaml:
                    string divider = form.Format == OutputFormat.Yaml ? "---\n" : "";
                    session.Print.Raw(divider + NodeText.Write(change.Item.Object(), form.Format));
                    break;
                case OutputFormat.Name:
                    session.Print.Line($"{form.Kind.Singular}/{change.Item.Name}");
                    break;
                default:
                    screen.Show(change, rows => Table(form, rows));
                    break;
            }

            await session.World.Out.FlushAsync(ct).ConfigureAwait(false);
        }
    }

    private sealed record GetRequest
    {
        public required ResourceKind Kind { get; init; }

        public required ImmutableArray<string> Names { get; init; }

        public required string Selector { get; init; }

        public required OutputFormat Format { get; init; }

        public required bool HasHeadings { get; init; }
    }
}
