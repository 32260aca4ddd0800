using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model export PACKAGE PLACE</c>: brings a package to a registry or folder.</summary>
internal static class ModelExportCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> package = new("PACKAGE") { Description = "The package, as bearing:v2 or sha256:..." };
        Argument<string> target = new("PLACE")
        {
            Description = "oci://HOST[:PORT]/REPOSITORY[:TAG], or oci-layout:FOLDER[:TAG]; the tag is latest when it "
                + "is left out.",
        };
        RegistryArguments registry = new();
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new(
            "export", "Bring a package to an OCI registry or folder, as an artifact by the ModelPack specification.")
        {
            package, target,
        };
        registry.AddTo(command);
        command.Add(output);
        action.Bind(command, async (session, ct) =>
        {
            OciPlace place = RegistryArguments.Place(session.Get(target) ?? "");
            if (Digest.TryParse(place.Tag, out _))
            {
                throw new CliException(CliErrors.ExportPlace, $"'{place}' ends in a digest", ExitCodes.Usage);
            }

            ServerPackage found = await ServerPackage.ReadAsync(session, session.Get(package) ?? "", ct)
                .ConfigureAwait(false);
            using IArtifactStore store = registry.Open(session, place);
            PackageExport export = new(session, store);
            ModelPackArtifact artifact = await export.RunAsync(found, place.Tag, ct).ConfigureAwait(false);
            Print(session, OutputOption.Parse(session.Get(output)), (found, place, export, artifact));
        });
        return command;
    }

    private static void Print(
        Session session,
        OutputFormat format,
        (ServerPackage Package, OciPlace Place, PackageExport Export, ModelPackArtifact Artifact) done)
    {
        int files = done.Artifact.Files.Length;
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(NodeText.Write(
                new JsonObject
                {
                    ["name"] = done.Package.Manifest.Name,
                    ["package"] = done.Package.Resource.Digest,
                    ["place"] = done.Place.ToString(),
                    ["manifest"] = done.Artifact.Document.Digest.ToString(),
                    ["files"] = files,
                    ["filesSent"] = done.Export.SentFiles,
                    ["bytesSent"] = done.Export.SentBytes,
                    ["signatures"] = done.Artifact.Referrers.Length,
                },
                format));
            return;
        }

        session.Print.Line($"{done.Package.Manifest.Name}@{done.Package.Resource.Digest} exported to {done.Place}");
        session.Print.Line($"  manifest {done.Artifact.Document.Digest}");
        session.Print.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"  {files} files; sent {done.Export.SentFiles}, {Ages.Bytes(done.Export.SentBytes)}; "
            + $"{done.Artifact.Referrers.Length} signatures"));
    }
}
