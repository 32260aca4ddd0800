using System.Collections.Immutable;
using System.CommandLine;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model diff A B</c>: what changed from one package to another.</summary>
internal static class ModelDiffCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> one = new("A") { Description = "A package, as bearing:v1 or sha256:..." };
        Argument<string> other = new("B") { Description = "Another one, as bearing:v2." };
        Option<bool> manifests = new("--manifests")
        {
            Description = "Compare only what the packages say: fetch no files, look at no tensors.",
        };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new(
            "diff", "Show what changed from one package to another: fields, files, tensors, and what a device fetches.")
        {
            one, other, manifests, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            ServerPackage before =
                await ServerPackage.ReadAsync(session, session.Get(one) ?? "", ct).ConfigureAwait(false);
            ServerPackage after =
                await ServerPackage.ReadAsync(session, session.Get(other) ?? "", ct).ConfigureAwait(false);
            PackageDiff diff = PackageDiff.Of(before.Manifest, after.Manifest);
            ImmutableArray<FileComparison> files = [];
            if (!session.Get(manifests))
            {
                using FileComparer comparer = new(session, before.Manifest, after.Manifest);
                files = await comparer.RunAsync(diff.Files, ct).ConfigureAwait(false);
            }

            DiffDescription description = new(before, after, diff, files);
            OutputFormat format = OutputOption.Parse(session.Get(output));
            session.Print.Raw(format is OutputFormat.Json or OutputFormat.Yaml
                ? NodeText.Write(description.Node(), format)
                : description.Text());
        });
        return command;
    }
}
