using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Content.Trust;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Oci.ModelPack;

/// <summary>
/// A signed package as an artifact by the CNCF ModelPack specification: each file is a raw layer under the path that
/// model signatures name it by, so that any tool that knows the specification finds the model, and a tool for model
/// signatures can verify what it unpacked. The signed manifest is a layer too, which copies along with the rest, and is
/// referred to like the model signatures by manifests of their own, where tools for signatures look. The same package
/// gives the same bytes.
/// </summary>
public static class ModelPackWriter
{
    /// <summary>Makes the artifact.</summary>
    /// <param name="manifest">What the package says of itself.</param>
    /// <param name="envelope">The signed package, as it is.</param>
    public static ModelPackArtifact Of(PackageManifest manifest, ReadOnlyMemory<byte> envelope)
    {
        ImmutableArray<PackedLayer> files = Files(manifest);
        OciDescriptor signed = WithPath(
            OciDescriptor.Of(ModelPackTypes.Document, envelope.Span), ModelPackTypes.EnvelopePath);
        ImmutableArray<OciDescriptor> layers = [.. files.Select(static file => file.Blob), signed];
        byte[] config = Config(manifest, layers);
        OciManifest whole = new()
        {
            ArtifactType = ModelPackTypes.Artifact,
            Config = OciDescriptor.Of(ModelPackTypes.Config, config),
            Layers = layers,
            Annotations = Created(manifest)
                .Add("org.opencontainers.image.title", manifest.Name)
                .Add(ModelPackTypes.PackageDigest, PackageDigestOf(envelope).ToString()),
        };
        OciDocument document = OciJson.Write(whole);
        return new ModelPackArtifact
        {
            Document = document,
            Config = config,
            ConfigBlob = whole.Config,
            Files = files,
            EnvelopeBlob = signed,
            Referrers = Referrers(manifest, envelope, document),
        };
    }

    /// <summary>Where a file that every variant has lies in the artifact, once for each variant.</summary>
    /// <param name="manifest">What the package says of itself.</param>
    /// <param name="path">Path of the file in the package.</param>
    public static IEnumerable<string> PathsOf(PackageManifest manifest, string path) =>
        manifest.Variants.Select(variant => FolderOf(manifest, variant) + path);

    private static Digest PackageDigestOf(ReadOnlyMemory<byte> envelope)
    {
        Check.That(Dsse.TryParse(envelope.Span, out DsseEnvelope? parsed, out _));
        return Digest.Of(parsed!.Payload.Span); // TryParse gives one when it answers true.
    }

    /// <summary>Every file under the path that <see cref="ModelSignature.StatementOf"/> gives it.</summary>
    private static ImmutableArray<PackedLayer> Files(PackageManifest manifest)
    {
        ImmutableArray<PackedLayer>.Builder files = ImmutableArray.CreateBuilder<PackedLayer>();
        foreach (ModelVariant variant in manifest.Variants)
        {
            string folder = FolderOf(manifest, variant);
            files.AddRange(variant.Files.Select(file => Layer(
                folder + file.Path,
                file,
                IsText(file.Path) ? ModelPackTypes.WeightConfig : ModelPackTypes.Weight)));
        }

        if (manifest.Golden is { } golden)
        {
            files.Add(Layer(golden.File.Path, golden.File, ModelPackTypes.Dataset));
        }

        return files.DrainToImmutable();
    }

    private static string FolderOf(PackageManifest manifest, ModelVariant variant) =>
        manifest.Variants.Length > 1 ? variant.Name + "/" : "";

    private static PackedLayer Layer(string path, PackageFile file, string mediaType) => new(path, WithPath(
        new OciDescriptor { MediaType = mediaType, Digest = file.Digest, Bytes = file.Bytes }, path));

    private static bool IsText(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".txt", StringComparison.Ordinal);

    private static OciDescriptor WithPath(OciDescriptor blob, string path) =>
        blob with { Annotations = blob.Annotations.SetItem(ModelPackTypes.FilePath, path) };

    private static ImmutableSortedDictionary<string, string> Created(PackageManifest manifest) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add(OciMediaTypes.Created, Moment(manifest.CreatedAtMs));

    private static string Moment(long atMs) => DateTimeOffset.FromUnixTimeMilliseconds(atMs)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The configuration: the fields of the specification that a package has something for.</summary>
    private static byte[] Config(PackageManifest manifest, ImmutableArray<OciDescriptor> layers)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteStartObject("descriptor");
        json.WriteString("createdAt", Moment(manifest.CreatedAtMs));
        json.WriteString("name", manifest.Name);
        Provenance(json, manifest, "source.url", "sourceURL");
        Provenance(json, manifest, "source.commit", "revision");
        if (manifest.Provenance.TryGetValue("license", out string? license))
        {
            json.WriteStartArray("licenses");
            json.WriteStringValue(license);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("config");
        json.WriteString("format", Same(manifest.Variants.Select(
            static variant => variant.Format.ToString().ToLowerInvariant())));
        json.WriteString("precision", Same(manifest.Variants.Select(static variant => variant.Precision)));
        json.WriteEndObject();
        json.WriteStartObject("modelfs");
        json.WriteString("type", "layers");
        json.WriteStartArray("diffIds");
        foreach (OciDescriptor layer in layers)
        {
            json.WriteStringValue(layer.Digest.ToString());
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private static void Provenance(Utf8JsonWriter json, PackageManifest manifest, string key, string field)
    {
        if (manifest.Provenance.TryGetValue(key, out string? value))
        {
            json.WriteString(field, value);
        }
    }

    private static string Same(IEnumerable<string> words) =>
        words.Distinct(StringComparer.Ordinal).ToArray() is [var one] ? one : "mixed";

    private static ImmutableArray<ModelPackReferrer> Referrers(
        PackageManifest manifest, ReadOnlyMemory<byte> envelope, OciDocument subject)
    {
        Check.That(Dsse.TryParse(envelope.Span, out DsseEnvelope? parsed, out _));
        return
        [
            Referrer(ModelPackTypes.Envelope, envelope),
            .. parsed!.ModelSignatures.Select(one => Referrer(SigstoreBundleFormat.MediaType, one)),
        ];

        ModelPackReferrer Referrer(string type, ReadOnlyMemory<byte> content)
        {
            OciDescriptor blob = OciDescriptor.Of(type, content.Span);
            OciDocument document = OciJson.Write(new OciManifest
            {
                ArtifactType = type,
                Config = OciDescriptor.Of(OciMediaTypes.Empty, ModelPackReferrer.EmptyConfig.Span),
                Layers = [blob],
                Subject = subject.Descriptor,
                Annotations = Created(manifest),
            });
            return new ModelPackReferrer(document, type, blob, content);
        }
    }
}
