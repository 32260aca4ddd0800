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
                WriteDigests(json, model);
            }

            json.WriteEndArray();
            json.WritePropertyName("manifest");
            ManifestJson.Write(json, ManifestWriter.Write(spec));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>One digest, or an object of tags with theirs where several versions are served.</summary>
    private static void WriteDigests(Utf8JsonWriter json, ModelChoice model)
    {
        if (model.Versions is null)
        {
            Check.That(!model.Digest.IsNone);
            json.WriteStringValue(model.Digest.ToString());
            return;
        }

        Check.That(!model.Picked.IsEmpty);
        json.WriteStartObject();
        foreach (PickedVersion version in model.Picked)
        {
            json.WriteString(version.Tag, version.Digest.ToString());
        }

        json.WriteEndObject();
    }

    private static bool TryReadDigests(ModelChoice model, JsonElement json, out ModelChoice resolved)
    {
        resolved = model;
        if (model.Versions is null)
        {
            bool isRead = Digest.TryParse(json.GetString(), out Digest digest);
            resolved = model with { Digest = digest };
            return isRead;
        }

        ImmutableArray<PickedVersion>.Builder picked = ImmutableArray.CreateBuilder<PickedVersion>();
        foreach (JsonProperty version in json.EnumerateObject())
        {
            if (!PackageReference.IsTag(version.Name) || !Digest.TryParse(version.Value.GetString(), out Digest digest))
            {
                return false;
            }

            picked.Add(new PickedVersion(version.Name, digest));
        }

        resolved = model with { Picked = picked.ToImmutable() };
        return picked.Count > 0;
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
                if (!TryReadDigests(model, digest, out ModelChoice resolved))
                {
                    return false;
                }

                models.Add(resolved);
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
