using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Puts what the server says into the form of a manifest: what was asked for in <c>metadata</c> and
/// <c>spec</c>, so
/// that it can be applied again, and what is so in <c>status</c>.</summary>
internal static class ResourceObject
{
    /// <summary>An object of a kind.</summary>
    /// <param name="kind">As behind <c>kind:</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels; none to leave them out.</param>
    /// <param name="spec">What is asked of it; null to leave it out.</param>
    /// <param name="status">What is so.</param>
    public static JsonObject Of(
        string kind, string name, IReadOnlyDictionary<string, string>? labels, JsonObject? spec, JsonObject status)
    {
        JsonObject metadata = new() { ["name"] = name };
        if (labels is { Count: > 0 })
        {
            metadata["labels"] = Labels(labels);
        }

        JsonObject whole = new()
        {
            ["apiVersion"] = KindSchema.ApiVersion,
            ["kind"] = kind,
            ["metadata"] = metadata,
        };
        if (spec is not null)
        {
            whole["spec"] = spec;
        }

        whole["status"] = status;
        return whole;
    }

    /// <summary>A resource's fields without some of them.</summary>
    public static JsonObject Fields<T>(T resource, JsonTypeInfo<T> type, params ReadOnlySpan<string> without)
    {
        JsonObject fields = JsonSerializer.SerializeToNode(resource, type)?.AsObject() ?? [];
        foreach (string name in without)
        {
            fields.Remove(name);
        }

        return fields;
    }

    /// <summary>Labels in order of their keys.</summary>
    public static JsonObject Labels(IReadOnlyDictionary<string, string> labels) =>
        new(labels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));

    /// <summary>Labels for a table cell: <c>line=press,site=lyon</c>.</summary>
    public static string Text(IReadOnlyDictionary<string, string> labels) => string.Join(
        ',',
        labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
