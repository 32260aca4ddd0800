using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>Everything about a package, for people.</summary>
internal static class PackageDescription
{
    public static string Text(PackageResource package)
    {
        FieldBlock block = new FieldBlock()
            .Add("Model", package.Name)
            .Add("Digest", package.Digest)
            .Add("Tags", string.Join(", ", package.Tags))
            .Add("Size", Ages.Bytes(package.Bytes))
            .Add("Stored", Ages.Moment(package.StoredAtMs))
            .Add("Signed by", string.Join(", ", package.SignedBy));
        if (Manifest(package) is PackageManifest manifest)
        {
            AddManifest(block, manifest);
        }

        return block.ToString();
    }

    private static PackageManifest? Manifest(PackageResource package)
    {
        byte[] envelope = Encoding.UTF8.GetBytes(package.Envelope ?? "");
        return Dsse.TryParse(envelope, out DsseEnvelope? parsed, out _)
            && parsed is not null
            && PackageFormat.TryRead(parsed.Payload.Span, out PackageManifest? manifest, out ImmutableArray<Finding> _)
                ? manifest
                : null;
    }

    private static void AddManifest(FieldBlock block, PackageManifest manifest)
    {
        block.Add("Packaged", Ages.Moment(manifest.CreatedAtMs))
            .Add("Inputs", Tensors(manifest.Inputs))
            .Add("Outputs", Tensors(manifest.Outputs))
            .Add("Golden", manifest.Golden is GoldenSet golden
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{golden.SampleCount} samples, ")
                    + (golden.Source == GoldenSource.Author ? "by the author" : "recorded at push")
                : "none");
        if (ValueReference.TryParse(manifest.Reference, out ImmutableArray<ValueReference> tensors)
            && !tensors.IsEmpty)
        {
            block.Add("Reference", string.Join(", ", tensors.Select(static t => t.Name)));
        }

        if (manifest.Graph is { } graph)
        {
            block.Add("Graph", $"{graph.Path}, of {GraphWords.Models(graph)}");
        }

        if (manifest.Labels.Length > 0)
        {
            block.Add("Labels", manifest.Labels);
        }

        foreach ((string key, string value) in manifest.Provenance)
        {
            block.Add("Provenance", $"{key}={value}");
        }

        AddVariants(block, manifest);
        AddFiles(block, manifest);
    }

    private static void AddVariants(FieldBlock block, PackageManifest manifest)
    {
        TextTable variants = new("VARIANT", "FORMAT", "PRECISION", "RUNS ON", "SIZE", "MEMORY", "TOLERANCE");
        TextTable costs = new("VARIANT", "HARDWARE", "TIME", "MEMORY");
        foreach (ModelVariant variant in manifest.Variants)
        {
            variants.Add(
                variant.Name,
                ModelFormats.Word(variant.Format),
                variant.Precision,
                RunsOn(variant),
                Ages.Bytes(variant.Files.Sum(static file => file.Bytes)),
                variant.MemoryBytes > 0 ? Ages.Bytes(variant.MemoryBytes) : "",
                CostText.Of(variant.Tolerance));
            foreach (VariantCost cost in variant.Costs)
            {
                costs.Add(
                    variant.Name,
                    cost.Hardware,
                    string.Create(CultureInfo.InvariantCulture, $"{cost.LatencyUs} us"),
                    cost.MemoryBytes > 0 ? Ages.Bytes(cost.MemoryBytes) : "");
            }
        }

        block.AddTable("Variants", variants, colour: false);
        if (manifest.Variants.Any(static variant => !variant.Costs.IsEmpty))
        {
            block.AddTable("Measured", costs, colour: false);
        }
    }

    private static string RunsOn(ModelVariant variant)
    {
        string[] needs = [.. variant.Architectures.Concat(variant.IsaFeatures)];
        string accelerator = variant.Accelerator.ToString().ToLowerInvariant();
        return needs.Length == 0 ? accelerator : $"{accelerator}: {string.Join(',', needs)}";
    }

    private static void AddFiles(FieldBlock block, PackageManifest manifest)
    {
        TextTable files = new("FILE", "OF", "SIZE", "CHUNKS", "DIGEST");
        foreach (ModelVariant variant in manifest.Variants)
        {
            foreach (PackageFile file in variant.Files)
            {
                Add(files, file, variant.Name);
            }
        }

        if (manifest.Golden is { } golden)
        {
            Add(files, golden.File, "all");
        }

        block.AddTable("Files", files, colour: false);
    }

    private static void Add(TextTable files, PackageFile file, string of) => files.Add(
        file.Path,
        of,
        Ages.Bytes(file.Bytes),
        file.Chunks.Length.ToString(CultureInfo.InvariantCulture),
        DeploymentKind.ShortDigest(file.Digest.ToString()));

    private static string Tensors(ImmutableArray<TensorDeclaration> tensors) =>
        string.Join("; ", tensors.Select(
            tensor => $"{tensor.Name} {tensor.Datatype} [{string.Join(", ", tensor.Shape)}]"));
}
