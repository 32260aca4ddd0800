using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Manifests;

/// <summary>
/// How the store keeps a deployment: its manifest in the one canonical form, and beside it the digests that its
/// packages
/// were resolved to, so that a tag that moves later changes nothing. Reading asks every rule of a manifest again.
/// </summary>
public static class DeploymentFormat
{
    /// <summary>One line of JSON, always the same for the same spec.</summary>
    public static string Write(DeploymentSpec spec)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("digests");
            foreach (ModelChoice model in spec.Models)
            {
                Check.That(!model.Digest.IsNone);
                json.WriteStringValue(model.Digest.ToString());
            }

            json.WriteEndArray();
            json.WritePropertyName("manifest");
            ManifestJson.Write(json, ManifestWriter.Write(spec));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false when it is anything else.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out DeploymentSpec? spec)
    {
        spec = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                text, new JsonDocumentOptions { MaxDepth = ManifestLimits.DepthMax + 2 });
            ManifestNode manifest = ManifestJson.Read(document.RootElement.GetProperty("manifest"));
            if (ManifestReader.Read([manifest]) is not ManifestOutcome.Valid { Set.Deployments: [var read] })
            {
                return false;
            }

            JsonElement digests = document.RootElement.GetProperty("digests");
            if (digests.GetArrayLength() != read.Spec.Models.Length)
            {
                return false;
            }

            ImmutableArray<ModelChoice>.Builder models = ImmutableArray.CreateBuilder<ModelChoice>();
            foreach ((ModelChoice model, JsonElement digest) in read.Spec.Models.Zip(digests.EnumerateArray()))
            {
                if (!Digest.TryParse(digest.GetString(), out Digest resolved))
                {
                    return false;
                }

                models.Add(model with { Digest = resolved });
            }

            spec = read.Spec with { Models = models.ToImmutable() };
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A row that holds anything else is unreadable: the caller quarantines it.
            return false;
        }
    }
}
