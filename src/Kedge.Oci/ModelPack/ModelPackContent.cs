using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Oci.ModelPack;

/// <summary>
/// What an artifact by anybody holds, before a layer is fetched: which files it has, under paths that are allowed, and
/// whether a signed package of ours is among them. Never compared.
/// </summary>
public sealed record ModelPackContent
{
    /// <summary>The artifact's manifest.</summary>
    public required OciDocument Document { get; init; }

    /// <summary>Files that belong to models or samples, each path once.</summary>
    public required ImmutableArray<PackedLayer> Files { get; init; }

    /// <summary>The signed package; null when there is none.</summary>
    public required OciDescriptor? Envelope { get; init; }

    /// <summary>The configuration.</summary>
    public required OciDescriptor Config { get; init; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="document">As it was fetched.</param>
    /// <exception cref="KedgeException">It is no model that can be taken: KEDGE-OCI-006, 008, 009, 010,
    /// 011.</exception>
    public static ModelPackContent Of(OciDocument document)
    {
        if (document.MediaType == OciMediaTypes.Index)
        {
            throw new KedgeException(
                OciErrors.NotAModel, "it is an index of several artifacts; name one of them by its digest");
        }

        OciManifest manifest = OciJson.ReadManifest(document.Bytes);
        if (manifest.ArtifactType != ModelPackTypes.Artifact && manifest.Config.MediaType != ModelPackTypes.Config)
        {
            throw new KedgeException(
                OciErrors.NotAModel,
                $"its artifact type is '{Shown(manifest.ArtifactType)}', its configuration "
                + $"'{Shown(manifest.Config.MediaType)}'");
        }

        OciDescriptor? envelope = manifest.Layers.FirstOrDefault(static layer =>
            layer.MediaType == ModelPackTypes.Document && PathOf(layer) == ModelPackTypes.EnvelopePath);
        return new ModelPackContent
        {
            Document = document,
            Files = FilesOf(manifest),
            Envelope = envelope,
            Config = manifest.Config,
        };
    }

    /// <summary>The model's name as the configuration has it; empty for none.</summary>
    /// <param name="config">The configuration's bytes.</param>
    public static string NameOf(ReadOnlyMemory<byte> config)
    {
        using JsonDocument document = OciJson.Parse(config);
        return document.RootElement.TryGetProperty("descriptor", out JsonElement descriptor)
            ? OciJson.Text(descriptor, "name")
            : "";
    }

    private static ImmutableArray<PackedLayer> FilesOf(OciManifest manifest)
    {
        ImmutableArray<PackedLayer>.Builder files = ImmutableArray.CreateBuilder<PackedLayer>();
        HashSet<string> paths = new(StringComparer.OrdinalIgnoreCase);
        long bytes = 0;
        foreach (OciDescriptor layer in manifest.Layers)
        {
            if (IsPassedOver(layer.MediaType))
            {
                continue;
            }

            string path = PathOf(layer);
            if (!PackagePaths.IsValid(path) || !paths.Add(path))
            {
                throw new KedgeException(
                    OciErrors.FilePath,
                    path.Length == 0
                        ? $"layer {layer.Digest.Short} names no file"
                        : $"layer {layer.Digest.Short} is '{Shown(path)}'");
            }

            bytes += Math.Min(layer.Bytes, ModelLimits.PackageBytesMax + 1);
            files.Add(new PackedLayer(path, layer));
        }

        return bytes <= ModelLimits.PackageBytesMax
            ? files.DrainToImmutable()
            : throw new KedgeException(
                OciErrors.TooLarge, $"its files have {bytes} bytes, at most {ModelLimits.PackageBytesMax} are taken");
    }

    /// <summary>Documentation and code are no part of what a device gets; all else must be a file as it is.</summary>
    private static bool IsPassedOver(string mediaType)
    {
        if (mediaType is ModelPackTypes.Weight or ModelPackTypes.WeightConfig or ModelPackTypes.Dataset)
        {
            return false;
        }

        return mediaType.StartsWith("application/vnd.cncf.model.doc.", StringComparison.Ordinal)
            || mediaType.StartsWith("application/vnd.cncf.model.code.", StringComparison.Ordinal)
            ? true
            : throw new KedgeException(OciErrors.LayerType, $"a layer is '{Shown(mediaType)}'");
    }

    private static string PathOf(OciDescriptor layer) =>
        layer.Annotations.GetValueOrDefault(ModelPackTypes.FilePath, "");

    private static string Shown(string text) =>
        string.Concat(text.Take(80).Select(static c => char.IsControl(c) ? '?' : c));
}
