using System.CommandLine;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model import PLACE</c>: takes a model over from a registry or folder.</summary>
internal static class ModelImportCommand
{
    public static Command Create(CommandAction action)
    {
        ImportArguments arguments = new();
        Command command = new(
            "import",
            "Take a model over from an OCI registry or folder: a package of ours as it is, any other model by the "
            + "ModelPack specification packaged and signed anew.");
        arguments.AddTo(command);
        action.Bind(command, (session, ct) => ImportAsync(session, arguments, ct));
        return command;
    }

    private static async Task ImportAsync(Session session, ImportArguments arguments, CancellationToken ct)
    {
        OciPlace place = RegistryArguments.Place(session.Get(arguments.Place) ?? "");
        string name = session.Get(arguments.Name) ?? "";
        if (name.Length > 0 && !Ids.IsName(name))
        {
            throw new CliException(
                CliErrors.Usage, $"--name {name} is no name: use a-z, 0-9 and hyphens", ExitCodes.Usage);
        }

        PushTerms terms = arguments.Terms(session, place);
        OutputFormat format = OutputOption.Parse(session.Get(arguments.Output));
        using IArtifactStore store = arguments.Registry.Open(session, place);
        OciDocument document = await store.FindManifestAsync(place.Tag, ct).ConfigureAwait(false)
            ?? throw new CliException([OciErrors.NotFound.At($"there is no {place}")], ExitCodes.NotFound);
        ModelPackContent content = ModelPackContent.Of(document);
        if (content.Envelope is not { } envelope || session.Get(arguments.SignAnew))
        {
            PushDescription pushed = await new ForeignImport(session, store, content)
                .RunAsync(place, name, terms, ct).ConfigureAwait(false);
            pushed.Print(session, format);
            return;
        }

        SignedImport import = new(session, store, content);
        PushResource stored = await import.RunAsync(envelope, name, ct).ConfigureAwait(false);
        foreach (string tag in terms.Tags)
        {
            _ = await TagRules.MoveAsync(session, (stored.Name, tag), stored.Digest, terms.IsForced, ct)
                .ConfigureAwait(false);
        }

        Print(session, format, (stored, terms.Tags, import.FetchedBytes));
    }

    private static void Print(
        Session session, OutputFormat format, (PushResource Stored, string[] Tags, long FetchedBytes) done)
    {
        PushResource stored = done.Stored;
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(NodeText.Write(
                new JsonObject
                {
                    ["name"] = stored.Name,
                    ["digest"] = stored.Digest,
                    ["created"] = stored.Created,
                    ["tags"] = new JsonArray([.. done.Tags.Select(static tag => (JsonNode)tag)]),
                    ["bytesFetched"] = done.FetchedBytes,
                },
                format));
            return;
        }

        session.Print.Line(
            $"model/{stored.Name} {(stored.Created ? "imported" : "was there already")}: {stored.Digest}");
        session.Print.Line($"  tags: {string.Join(", ", done.Tags.Select(tag => $"{stored.Name}:{tag}"))}");
        session.Print.Line($"  signed as it was; fetched {Ages.Bytes(done.FetchedBytes)}");
    }
}
