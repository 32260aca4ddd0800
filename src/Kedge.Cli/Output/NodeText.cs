using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Output;

/// <summary>Writes JSON nodes as JSON or YAML text.</summary>
public static class NodeText
{
    /// <summary>The text of one object, ending in a line feed.</summary>
    public static string Write(JsonNode node, OutputFormat format)
    {
        ManifestNode tree = ToManifest(node);
        return format == OutputFormat.Yaml ? ManifestText.ToYaml(tree) : ManifestText.ToJson(tree);
    }

    /// <summary>Several objects in one, as kubectl does it.</summary>
    public static JsonObject List(IEnumerable<JsonObject> items) => new()
    {
        ["apiVersion"] = KindSchema.ApiVersion,
        ["kind"] = ManifestKinds.List,
        ["items"] = new JsonArray([.. items.Select(item => (JsonNode)item)]),
    };

    /// <summary>A JSON node as a manifest's node.</summary>
    public static ManifestNode ToManifest(JsonNode? node) => node switch
    {
        JsonObject fields => new ManifestNode.Mapping(
            [.. fields.Select(field => new ManifestEntry(field.Key, 0, ToManifest(field.Value)))]),
        JsonArray items => new ManifestNode.Sequence(ImmutableArray.CreateRange(items.Select(ToManifest))),
        JsonValue value when value.GetValueKind() == JsonValueKind.String =>
            new ManifestNode.Scalar(value.GetValue<string>(), quoted: true),
        JsonValue value => new ManifestNode.Scalar(value.ToJsonString(), quoted: false),
        _ => new ManifestNode.Scalar("null", quoted: false),
    };
}
