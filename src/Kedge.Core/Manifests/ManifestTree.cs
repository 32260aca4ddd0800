using System.Text.Json;

namespace Kedge.Core.Manifests;

/// <summary>
/// Writes a tree as JSON. What a scalar becomes is for the caller to say, as each reader wants another thing.
/// </summary>
public static class ManifestTree
{
    /// <summary>Writes one value.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="node">The tree; whoever read it has bounded its depth.</param>
    /// <param name="writeScalar">Writes one scalar as one JSON value.</param>
    public static void WriteJson(
        Utf8JsonWriter json, ManifestNode node, Action<Utf8JsonWriter, ManifestNode.Scalar> writeScalar)
    {
        switch (node)
        {
            case ManifestNode.Scalar scalar:
                writeScalar(json, scalar);
                break;
            case ManifestNode.Mapping mapping:
                json.WriteStartObject();
                foreach (ManifestEntry entry in mapping.Entries)
                {
                    json.WritePropertyName(entry.Key);
                    WriteJson(json, entry.Value, writeScalar);
                }

                json.WriteEndObject();
                break;
            case ManifestNode.Sequence sequence:
                json.WriteStartArray();
                foreach (ManifestNode item in sequence.Items)
                {
                    WriteJson(json, item, writeScalar);
                }

                json.WriteEndArray();
                break;
            default:
                throw Check.Unreachable(node);
        }
    }
}
