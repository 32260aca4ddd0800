using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Errors;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge apply -f FILE</c>: asks for what a manifest says, whole or not at all.</summary>
internal static class ApplyCommand
{
    public static Command Create(CommandAction action)
    {
        Option<string[]> files = Files();
        Option<bool> dryRun = new("--dry-run") { Description = "Have everything checked, but change nothing." };
        Option<bool> diff = new("--diff") { Description = "Show which fields, packages and versions change." };
        Option<string> output = OutputOption.Create("json", "yaml", "name");
        Command command = new("apply", "Ask for what a manifest says; all of it or nothing.")
        {
            files, dryRun, diff, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            ManifestFiles manifest =
                await ManifestFiles.ReadAsync(session.World, session.Get(files) ?? [], ct).ConfigureAwait(false);
            ApplyResource applied = await SendAsync(
                session, manifest, (session.Get(dryRun), session.Get(diff)), ct).ConfigureAwait(false);
            Show(session, applied, OutputOption.Parse(session.Get(output)));
        });
        return command;
    }

    /// <summary>The option <c>-f</c>, also of <c>delete</c>.</summary>
    public static Option<string[]> Files(bool isRequired = true) => new("--filename", "-f")
    {
        Description = "A manifest in YAML or JSON, a folder of them, or - for standard input; may be given more "
            + "than once.",
        HelpName = "FILE",
        Required = isRequired,
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.OneOrMore,
    };

    private static async Task<ApplyResource> SendAsync(
        Session session, ManifestFiles manifest, (bool DryRun, bool Diff) how, CancellationToken ct)
    {
        try
        {
            return await session.Client.ApplyAsync(manifest.Text, how.DryRun, how.Diff, ct).ConfigureAwait(false);
        }
        catch (KedgeApiException exception) when (exception.Problem.Findings.Count > 0)
        {
            IEnumerable<Finding> findings = exception.Problem.Findings.Select(
                finding => new Finding(finding.Code, finding.Message, finding.Field, finding.Line));
            throw new CliException(manifest.Localise(findings), ExitCodes.Refused, exception);
        }
    }

    private static void Show(Session session, ApplyResource applied, OutputFormat format)
    {
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            JsonNode node = JsonSerializer.SerializeToNode(applied, ApiJson.Default.ApplyResource) ?? new JsonObject();
            session.Print.Raw(NodeText.Write(node, format));
            return;
        }

        foreach (ApplyResult result in applied.Results)
        {
            string name = $"{result.Kind.ToLowerInvariant()}/{result.Name}";
            if (format == OutputFormat.Name)
            {
                session.Print.Line(name);
                continue;
            }

            string revision = result.Revision > 0
                ? string.Create(CultureInfo.InvariantCulture, $", revision {result.Revision}")
                : "";
            session.Print.Line($"{name} {result.Outcome}{revision}{(applied.DryRun ? " (dry run)" : "")}");
            foreach (string change in result.Diff)
            {
                session.Print.Line("  " + change);
            }

            if (result.Token is { Length: > 0 } token)
            {
                session.Print.Line("  token, shown this once:");
                session.Print.Line("  " + token);
            }
        }
    }
}
