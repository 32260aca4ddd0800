using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model gc</c>: has the server remove content that nothing names.</summary>
internal static class ModelGcCommand
{
    public static Command Create(CommandAction action)
    {
        Option<bool> dryRun = new("--dry-run") { Description = "Remove nothing; say what would go." };
        Option<bool> verify = new("--verify")
        {
            Description = "Read and check every chunk, too: seconds for each GB.",
        };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new(
            "gc", "Remove content that no package holds any more; the server does it by itself every hour.")
        {
            dryRun, verify, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            CollectionResource found = await session.Client
                .CollectContentAsync(session.Get(dryRun), session.Get(verify), ct).ConfigureAwait(false);
            Print(session, OutputOption.Parse(session.Get(output)), found);
        });
        return command;
    }

    private static void Print(Session session, OutputFormat format, CollectionResource found)
    {
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            JsonNode node =
                JsonSerializer.SerializeToNode(found, ApiJson.Default.CollectionResource) ?? new JsonObject();
            session.Print.Raw(NodeText.Write(node, format));
            return;
        }

        TextTable table = new(found.DryRun ? "WOULD GO" : "REMOVED", "FILES", "BYTES");
        Add(table, "chunks that no package holds", found.Chunks);
        Add(table, "what cut-off uploads left", found.Orphans);
        Add(table, "differences of packages that are gone", found.Deltas);
        Add(table, "half-written and damaged files", found.Leftovers);
        session.Print.Table(table, "");
        if (found.Verified > 0)
        {
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture, $"{found.Verified} chunks checked, {found.Damaged.Count} damaged"));
        }

        foreach (string digest in found.Damaged)
        {
            session.Print.Line("  " + digest);
        }
    }

    private static void Add(TextTable table, string what, CollectedResource part) => table.Add(
        what, part.Count.ToString(CultureInfo.InvariantCulture), Ages.Bytes(part.Bytes));
}
