using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// The JSON of a package's manifest. Writing is strict: one form, fields always in the same order, no white space,
/// so that one manifest has one digest. Reading is tolerant and bounded: unknown fields are skipped, except those
/// that the document itself lists as <c>critical</c>. The digest is always taken over bytes as they arrived; a
/// manifest is never written again to be verified.
/// </summary>
public static class PackageFormat
{
    /// <summary>The payload type of a signed manifest.</summary>
    public const string PayloadType = "application/vnd.kedge.package.v1+json";

    /// <summary>The bytes of <paramref name="manifest"/>, which must have no findings.</summary>
    public static byte[] Write(PackageManifest manifest)
    {
        ImmutableArray<Finding> findings = PackageManifestCheck.Findings(manifest);
        Check.That(findings.IsEmpty);
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteNumber("schema", manifest.Schema);
        if (manifest.Graph is not null)
        {
            // A reader that does not know graphs would serve the bare model under the graph's inputs and outputs.
            Texts(json, "critical", ["graph"]);
        }

        json.WriteString("name", manifest.Name);
        json.WriteNumber("createdAtMs", manifest.CreatedAtMs);
        Tensors(json, "inputs", manifest.Inputs);
        Tensors(json, "outputs", manifest.Outputs);
        json.WriteStartArray("variants");
        foreach (ModelVariant variant in manifest.Variants)
        {
            Variant(json, variant);
        }

        json.WriteEndArray();
        if (manifest.Golden is { } golden)
        {
            json.WriteStartObject("golden");
            json.WriteString("source", PackageWords.Of(golden.Source));
            json.WriteNumber("sampleCount", golden.SampleCount);
            json.WritePropertyName("file");
            File(json, golden.File);
            json.WriteEndObject();
        }

        if (manifest.Reference.Length > 0)
        {
            json.WriteString("reference", manifest.Reference);
        }

        if (manifest.Labels.Length > 0)
        {
            json.WriteString("labels", manifest.Labels);
        }

        Graph(json, manifest.Graph);
        json.WriteStartObject("provenance");
        foreach ((string key, string value) in manifest.Provenance)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads a manifest from outside and asks every rule. Never throws, whatever the bytes.</summary>
    /// <param name="json">The payload of the envelope.</param>
    /// <param name="manifest">The manifest; null when the answer is false.</param>
    /// <param name="findings">Everything that is wrong; empty when the answer is true.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> json, out PackageManifest? manifest, out ImmutableArray<Finding> findings)
    {
        manifest = null;
        if (json.Length > ModelLimits.ManifestBytesMax)
        {
            findings = [ContentErrors.TooLarge.At(
                $"The manifest has {json.Length} bytes; at most {ModelLimits.ManifestBytesMax} are allowed.")];
            return false;
        }

        JsonCursor cursor = new(json);
        if (!PackageReader.TryManifest(ref cursor, out PackageManifest? read, out ImmutableArray<string> critical)
            || !cursor.TryEnd()
            || read is null)
        {
            findings = [ContentErrors.Json.At($"The manifest cannot be read: {cursor.Failure}.")];
            return false;
        }

        findings = [.. CriticalFields.Unknown(critical, PackageReader.Fields), .. PackageManifestCheck.Findings(read)];
        manifest = findings.IsEmpty ? read : null;
        return findings.IsEmpty;
    }

    private static void Tensors(Utf8JsonWriter json, string name, ImmutableArray<TensorDeclaration> tensors)
    {
        json.WriteStartArray(name);
        foreach (TensorDeclaration tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Datatype);
            json.WriteStartArray("shape");
            foreach (long extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Graph(Utf8JsonWriter json, PackageGraph? graph)
    {
        if (graph is null)
        {
            return;
        }

        json.WriteStartObject("graph");
        json.WriteString("path", graph.Path);
        json.WriteString("mediaType", graph.MediaType);
        json.WriteBoolean("decodesImages", graph.DecodesImages);
        json.WriteStartArray("members");
        foreach (GraphMember member in graph.Members)
        {
            json.WriteStartObject();
            json.WriteString("name", member.Name);
            if (member.Path.Length > 0)
            {
                json.WriteString("path", member.Path);
            }

            Tensors(json, "inputs", member.Inputs);
            Tensors(json, "outputs", member.Outputs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Variant(Utf8JsonWriter json, ModelVariant variant)
    {
        json.WriteStartObject();
        json.WriteString("name", variant.Name);
        json.WriteString("format", PackageWords.Of(variant.Format));
        json.WriteString("precision", variant.Precision);
        json.WriteString("accelerator", PackageWords.Of(variant.Accelerator));
        Texts(json, "architectures", variant.Architectures);
        Texts(json, "isaFeatures", variant.IsaFeatures);
        json.WriteNumber("memoryBytes", variant.MemoryBytes);
        json.WriteString("entryFile", variant.EntryFile);
        json.WriteStartArray("files");
        foreach (PackageFile file in variant.Files)
        {
            File(json, file);
        }

        json.WriteEndArray();
        Costs(json, variant.Costs);
        Tolerance(json, variant.Tolerance);
        json.WriteEndObject();
    }

    /// <summary>Left out when there are none, as in manifests from before there were any.</summary>
    private static void Costs(Utf8JsonWriter json, ImmutableArray<VariantCost> costs)
    {
        if (costs.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("costs");
        foreach (VariantCost cost in costs)
        {
            json.WriteStartObject();
            json.WriteString("hardware", cost.Hardware);
            json.WriteNumber("latencyUs", cost.LatencyUs);
            json.WriteNumber("memoryBytes", cost.MemoryBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Tolerance(Utf8JsonWriter json, GoldenTolerance? tolerance)
    {
        if (tolerance is null)
        {
            return;
        }

        json.WriteStartObject("tolerance");
        json.WriteNumber("absolute", tolerance.Absolute);
        json.WriteNumber("relative", tolerance.Relative);
        json.WriteNumber("minimumAgreement", tolerance.MinimumAgreement);
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void File(Utf8JsonWriter json, PackageFile file)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("digest", file.Digest.ToString());
        json.WriteStartArray("chunks");
        foreach (ChunkRef chunk in file.Chunks)
        {
            json.WriteStartObject();
            json.WriteString("digest", chunk.Digest.ToString());
            json.WriteNumber("bytes", chunk.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
