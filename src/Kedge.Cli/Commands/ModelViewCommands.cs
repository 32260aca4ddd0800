using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content.Packages;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model list</c> and <c>kedge model show</c>.</summary>
internal static class ModelViewCommands
{
    public static Command List(CommandAction action)
    {
        Argument<string> name = new("NAME")
        {
            Description = "Packages of this model; all models when it is left out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("list", "List models, or the packages of one.") { name, output };
        action.Bind(command, (session, ct) =>
        {
            string named = session.Get(name) ?? "";
            OutputFormat format = OutputOption.Parse(session.Get(output));
            return format switch
            {
                OutputFormat.Json or OutputFormat.Yaml => WriteAsync(session, named, format, ct),
                _ when named.Length > 0 => ModelDescription.PrintAsync(session, named, ct),
                _ => TableAsync(session, ct),
            };
        });
        return command;
    }

    public static Command Show(CommandAction action)
    {
        Argument<string> package = Package();
        Option<bool> envelope = new("--envelope") { Description = "Print the signed envelope as it is." };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("show", "Show one package with its files and signatures.") { package, envelope, output };
        action.Bind(command, async (session, ct) =>
        {
            ServerPackage found =
                await ServerPackage.ReadAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            OutputFormat format = OutputOption.Parse(session.Get(output));
            session.Print.Raw(
                session.Get(envelope) ? found.Resource.Envelope + "\n"
                : format is OutputFormat.Json or OutputFormat.Yaml ? NodeText.Write(Node(found), format)
                : PackageDescription.Text(found.Resource));
        });
        return command;
    }

    public static Argument<string> Package() =>
        new("PACKAGE") { Description = "The package, as bearing:v2, bearing@sha256:... or sha256:..." };

    private static async Task WriteAsync(Session session, string named, OutputFormat format, CancellationToken ct)
    {
        JsonArray items = [];
        if (named.Length > 0)
        {
            foreach (PackageResource package in
                (await session.Client.ListPackagesAsync(named, ct).ConfigureAwait(false)).Items)
            {
                items.Add(JsonSerializer.SerializeToNode(package, ApiJson.Default.PackageResource));
            }
        }
        else
        {
            foreach (ModelResource model in (await session.Client.ListModelsAsync(ct).ConfigureAwait(false)).Items)
            {
                items.Add(JsonSerializer.SerializeToNode(model, ApiJson.Default.ModelResource));
            }
        }

        session.Print.Raw(NodeText.Write(new JsonObject { ["items"] = items }, format));
    }

    private static async Task TableAsync(Session session, CancellationToken ct)
    {
        TextTable table = new("NAME", "TAGS", "PACKAGES", "NEWEST");
        ResourceList<ModelResource> models = await session.Client.ListModelsAsync(ct).ConfigureAwait(false);
        foreach (ModelResource model in models.Items)
        {
            table.Add(
                model.Name,
                string.Join(',', model.Tags.Select(static tag => tag.Tag)),
                model.Packages.ToString(CultureInfo.InvariantCulture),
                Ages.Since(model.NewestAtMs, session.NowMs));
        }

        session.Print.Table(table, "There are no models; kedge model push brings one.");
    }

    /// <summary>What the server says of it, and the signed manifest as it is.</summary>
    private static JsonObject Node(ServerPackage package)
    {
        JsonObject node = JsonSerializer.SerializeToNode(
            package.Resource with { Envelope = null }, ApiJson.Default.PackageResource)?.AsObject() ?? [];
        node["manifest"] = JsonNode.Parse(PackageFormat.Write(package.Manifest));
        return node;
    }
}
