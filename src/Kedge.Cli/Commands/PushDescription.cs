using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content.Packages;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>What a push brought, for people and for programs.</summary>
internal sealed class PushDescription(
    PushResource stored, string[] tags, PackagePush push, BuildOutcome.Built package)
{
    /// <summary>What was found about golden samples and drift.</summary>
    public required ImmutableArray<string> Sentences { get; init; }

    /// <summary>What was found about golden samples alone.</summary>
    public required ImmutableArray<string> Golden { get; init; }

    /// <summary>What was found about drift; empty for nothing.</summary>
    public required string Reference { get; init; }

    public void Print(Session session, OutputFormat format)
    {
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            session.Print.Raw(NodeText.Write(Node(), format));
            return;
        }

        long bytes = package.Chunks.Sum(static chunk => (long)chunk.Chunk.Bytes);
        session.Print.Line($"model/{stored.Name} {(stored.Created ? "pushed" : "was there already")}: {stored.Digest}");
        session.Print.Line($"  tags: {string.Join(", ", tags.Select(tag => $"{stored.Name}:{tag}"))}");
        session.Print.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"  {package.Chunks.Length} chunks, {Ages.Bytes(bytes)}; sent {push.SentChunks}, ")
            + Ages.Bytes(push.SentBytes));
        if (package.Manifest.Variants is not [{ Costs.IsEmpty: true }])
        {
            foreach (ModelVariant variant in package.Manifest.Variants)
            {
                session.Print.Line($"  {variant.Name}: {Ages.Bytes(BytesOf(variant))}{Costs(variant)}");
            }
        }

        if (package.Manifest.Graph is { } graph)
        {
            session.Print.Line($"  graph of {GraphWords.Models(graph)}, {GraphWords.Ends(package.Manifest)}");
        }

        foreach (string sentence in Sentences)
        {
            session.Print.Line("  " + sentence);
        }
    }

    private static long BytesOf(ModelVariant variant) => variant.Files.Sum(static file => file.Bytes);

    private static string Costs(ModelVariant variant) => string.Concat(variant.Costs.Select(
        static cost => ", " + CostText.Of(cost)));

    private JsonObject Node()
    {
        JsonObject node = new()
        {
            ["name"] = stored.Name,
            ["digest"] = stored.Digest,
            ["created"] = stored.Created,
            ["tags"] = new JsonArray([.. tags.Select(static tag => (JsonNode)tag)]),
            ["chunks"] = package.Chunks.Length,
            ["chunksSent"] = push.SentChunks,
            ["bytesSent"] = push.SentBytes,
            ["golden"] = string.Join("; ", Golden),
            ["variants"] = new JsonArray([.. package.Manifest.Variants.Select(VariantNode)]),
        };
        if (package.Manifest.Graph is { } graph)
        {
            node["graph"] = new JsonObject
            {
                ["path"] = graph.Path,
                ["models"] = new JsonArray([.. graph.Members.Select(static member => (JsonNode)member.Name)]),
                ["decodesImages"] = graph.DecodesImages,
            };
        }

        if (Reference.Length > 0)
        {
            node["reference"] = Reference;
        }

        return node;
    }

    private static JsonNode VariantNode(ModelVariant variant) => new JsonObject
    {
        ["name"] = variant.Name,
        ["precision"] = variant.Precision,
        ["bytes"] = BytesOf(variant),
        ["costs"] = new JsonArray([.. variant.Costs.Select(static cost => (JsonNode)new JsonObject
        {
            ["hardware"] = cost.Hardware,
            ["latencyUs"] = cost.LatencyUs,
            ["memoryBytes"] = cost.MemoryBytes,
        })]),
    };
}
