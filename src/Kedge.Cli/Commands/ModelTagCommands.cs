using System.CommandLine;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>Commands that move names of packages: versions stay, stages move. Packages never change.</summary>
internal static class ModelTagCommands
{
    public static Command Tag(CommandAction action)
    {
        Argument<string> package = new("PACKAGE")
        {
            Description = "The package, as bearing:v2, bearing@sha256:... or sha256:...; with --history the model.",
        };
        Argument<string> tag = new("TAG") { Description = "The tag: a stage as production, or a version as v2." };
        Option<bool> force = new("--force")
        {
            Description = "Move the tag though it is a version and names another package.",
        };
        Option<bool> history = new("--history") { Description = "Show what the tag named and since when." };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("tag", "Point a tag at a package; deployments that used the tag keep what they have.")
        {
            package, tag, force, history, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            string word = session.Get(tag) ?? "";
            TagRules.Require(word);
            if (session.Get(history))
            {
                OutputFormat format = OutputOption.Parse(session.Get(output));
                await HistoryAsync(session, (session.Get(package) ?? "", word), format, ct).ConfigureAwait(false);
                return;
            }

            PackageReference reference = PackageNames.Parse(session.Get(package) ?? "");
            string digest =
                await PackageNames.ResolveAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            string model = reference.Model.Length > 0
                ? reference.Model
                : (await session.Client.GetPackageAsync(digest, ct).ConfigureAwait(false)).Name;
            _ = await TagRules.MoveAsync(session, (model, word), digest, session.Get(force), ct).ConfigureAwait(false);
            session.Print.Line($"{model}:{word} = {digest}");
        });
        return command;
    }

    public static Command Promote(CommandAction action)
    {
        Argument<string> model = new("MODEL") { Description = "The model." };
        Argument<string> from = new("FROM") { Description = "The tag whose package is promoted, as staging." };
        Argument<string> to = new("TO") { Description = "The tag that is to name it, as production." };
        Command command = new(
            "promote", "Let one stage name what another names; deployments that used the tag keep what they have.")
        {
            model, from, to,
        };
        action.Bind(command, async (session, ct) =>
        {
            string name = session.Get(model) ?? "";
            string source = session.Get(from) ?? "";
            string target = session.Get(to) ?? "";
            TagRules.Require(target);
            ModelResource found = await session.Client.GetModelAsync(name, ct).ConfigureAwait(false);
            string digest = found.Tags.FirstOrDefault(tag => tag.Tag == source)?.Digest
                ?? throw PackageNames.NoTag(found, source);
            string before = await TagRules.MoveAsync(session, (name, target), digest, isForced: false, ct)
                .ConfigureAwait(false);
            string was = before.Length == 0 ? "new" : before == digest ? "as before" : $"was {before}";
            session.Print.Line($"{name}:{target} = {digest} ({was})");
        });
        return command;
    }

    public static Command Untag(CommandAction action)
    {
        Argument<string> name = new("PACKAGE") { Description = "The tag with its model, as bearing:staging." };
        Command command = new("untag", "Remove a tag; the package that it named stays.") { name };
        action.Bind(command, async (session, ct) =>
        {
            PackageReference reference = PackageNames.Parse(session.Get(name) ?? "");
            if (reference.Tag.Length == 0)
            {
                throw new CliException(CliErrors.Usage, $"'{reference}' is no tag of a model", ExitCodes.Usage);
            }

            await session.Client.UntagAsync(reference.Model, reference.Tag, ct).ConfigureAwait(false);
            session.Print.Line($"{reference} removed");
        });
        return command;
    }

    private static async Task HistoryAsync(
        Session session, (string Model, string Tag) name, OutputFormat format, CancellationToken ct)
    {
        if (!Ids.IsName(name.Model))
        {
            throw new CliException(
                CliErrors.Usage, $"'{name.Model}' is no model; --history takes MODEL TAG", ExitCodes.Usage);
        }

        IReadOnlyList<TagMoveResource> moves =
            (await session.Client.GetTagHistoryAsync(name.Model, name.Tag, ct).ConfigureAwait(false)).Items;
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(NodeText.Write(
                new JsonObject
                {
                    ["items"] = new JsonArray([.. moves.Select(static move => (JsonNode)new JsonObject
                    {
                        ["digest"] = move.Digest,
                        ["movedAtMs"] = move.MovedAtMs,
                    })]),
                },
                format));
            return;
        }

        TextTable table = new("SINCE", "PACKAGE");
        foreach (TagMoveResource move in moves)
        {
            table.Add(Ages.Moment(move.MovedAtMs), move.Digest);
        }

        session.Print.Table(table, "The tag never named anything.");
    }
}
