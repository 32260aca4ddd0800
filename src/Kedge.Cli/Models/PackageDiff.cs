using System.Collections.Immutable;
using System.Globalization;
using Kedge.Cli.Output;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>What one package says differently from another, by their manifests alone. Never compared.</summary>
internal sealed record PackageDiff
{
    private PackageDiff()
    {
    }

    /// <summary>Statements that differ.</summary>
    public required ImmutableArray<FieldChange> Fields { get; init; }

    /// <summary>Every file of either, those of one variant and path beside each other.</summary>
    public required ImmutableArray<FileChange> Files { get; init; }

    /// <summary>Bytes of the second package's distinct chunks.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many of them the first has, too.</summary>
    public required long SharedBytes { get; init; }

    /// <summary>Compares.</summary>
    public static PackageDiff Of(PackageManifest before, PackageManifest after)
    {
        HashSet<Digest> held =
            [.. before.AllFiles().SelectMany(static file => file.Chunks).Select(static chunk => chunk.Digest)];
        ImmutableArray<ChunkRef> chunks =
            [.. after.AllFiles().SelectMany(static file => file.Chunks).DistinctBy(static chunk => chunk.Digest)];
        return new PackageDiff
        {
            Fields = FieldsOf(before, after),
            Files = FilesOf(before, after, held),
            Bytes = chunks.Sum(static chunk => (long)chunk.Bytes),
            SharedBytes = chunks.Where(chunk => held.Contains(chunk.Digest)).Sum(static chunk => (long)chunk.Bytes),
        };
    }

    private static ImmutableArray<FileChange> FilesOf(
        PackageManifest before, PackageManifest after, HashSet<Digest> held)
    {
        Dictionary<(string, string), PackageFile> first = ByPlace(before);
        Dictionary<(string, string), PackageFile> second = ByPlace(after);
        return
        [
            .. second.Keys.Concat(first.Keys.Where(place => !second.ContainsKey(place))).Select(place =>
            {
                PackageFile? now = second.GetValueOrDefault(place);
                long shared = now is null ? 0 : now.Chunks
                    .Where(chunk => held.Contains(chunk.Digest)).Sum(static chunk => (long)chunk.Bytes);
                return new FileChange(place.Item1, place.Item2, first.GetValueOrDefault(place), now, shared);
            }),
        ];
    }

    private static Dictionary<(string Variant, string Path), PackageFile> ByPlace(PackageManifest manifest)
    {
        Dictionary<(string, string), PackageFile> files = [];
        foreach (ModelVariant variant in manifest.Variants)
        {
            foreach (PackageFile file in variant.Files)
            {
                files[(variant.Name, file.Path)] = file;
            }
        }

        if (manifest.Golden is { } golden)
        {
            files[("", golden.File.Path)] = golden.File;
        }

        return files;
    }

    private static ImmutableArray<FieldChange> FieldsOf(PackageManifest before, PackageManifest after)
    {
        Dictionary<string, string> first = Statements(before);
        Dictionary<string, string> second = Statements(after);
        return
        [
            .. first.Keys.Union(second.Keys)
                .Select(key => new FieldChange(
                    key, first.GetValueOrDefault(key, ""), second.GetValueOrDefault(key, "")))
                .Where(static change => change.Before != change.After),
        ];
    }

    private static Dictionary<string, string> Statements(PackageManifest manifest)
    {
        Dictionary<string, string> said = new(StringComparer.Ordinal)
        {
            ["name"] = manifest.Name,
            ["golden"] = manifest.Golden is { } golden
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{golden.SampleCount} samples, {(golden.Source == GoldenSource.Author ? "author" : "recorded")}")
                : "none",
            ["reference"] = manifest.Reference.Length == 0 ? "none" : "of " + Digest.Of(
                System.Text.Encoding.UTF8.GetBytes(manifest.Reference)).Short,
        };
        said["labels"] = manifest.Labels.Length > 0 ? manifest.Labels : "none";
        said["graph"] = manifest.Graph is { } graph ? "of " + GraphWords.Models(graph) : "none";
        Add(said, "input", manifest.Inputs);
        Add(said, "output", manifest.Outputs);
        foreach (ModelVariant variant in manifest.Variants)
        {
            Add(said, variant);
        }

        foreach ((string key, string value) in manifest.Provenance)
        {
            said["provenance " + key] = value;
        }

        return said;
    }

    private static void Add(Dictionary<string, string> said, string kind, ImmutableArray<TensorDeclaration> tensors)
    {
        foreach (TensorDeclaration tensor in tensors)
        {
            said[$"{kind} {tensor.Name}"] = $"{tensor.Datatype} [{string.Join(", ", tensor.Shape)}]";
        }
    }

    private static void Add(Dictionary<string, string> said, ModelVariant variant)
    {
        string at = $"variant {variant.Name}";
        string[] needs = [.. variant.Architectures, .. variant.IsaFeatures];
        said[at] = $"{variant.Format}, {variant.Precision}, {variant.Accelerator}".ToLowerInvariant();
        said[at + " needs"] = string.Join(", ", needs);
        said[at + " memory"] = variant.MemoryBytes > 0 ? Ages.Bytes(variant.MemoryBytes) : "";
        said[at + " tolerance"] = CostText.Of(variant.Tolerance);
        foreach (VariantCost cost in variant.Costs)
        {
            said[$"{at} on {cost.Hardware}"] = CostText.Of(cost);
        }
    }
}

/// <summary>A statement that differs; empty where one package says nothing.</summary>
/// <param name="Field">What it is about.</param>
/// <param name="Before">What the first says.</param>
/// <param name="After">What the second says.</param>
internal sealed record FieldChange(string Field, string Before, string After);

/// <summary>A file at one place of either package. Never compared.</summary>
/// <param name="Variant">The variant; empty for the golden samples.</param>
/// <param name="Path">Its path.</param>
/// <param name="Before">As the first has it; null when it has none there.</param>
/// <param name="After">As the second has it; null when it has none there.</param>
/// <param name="SharedBytes">Bytes of the second's in chunks that the first package has anywhere.</param>
internal sealed record FileChange(
    string Variant, string Path, PackageFile? Before, PackageFile? After, long SharedBytes)
{
    /// <summary>One word for people and programs.</summary>
    public string Kind => (Before, After) switch
    {
        (null, _) => "added",
        (_, null) => "removed",
        _ => Before.Digest == After.Digest ? "same" : "changed",
    };
}
