using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>What a model package says of itself: its variants, files, tensors and golden samples. Its canonical JSON is
/// what gets signed, and the digest of those bytes is the package's identity. Never compared as a record: compare
/// <see cref="PackageIdentity"/>.</summary>
public sealed record PackageManifest
{
    /// <summary>The schema that this version writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Version of the manifest's schema; 1.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The model's name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// When it was packaged, in milliseconds since 1970-01-01 UTC, 0..<see cref="ModelLimits.TimeMsMax"/>.
    /// </summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Tensors that every variant takes; may be empty.</summary>
    public required ImmutableArray<TensorDeclaration> Inputs { get; init; }

    /// <summary>Tensors that every variant gives, at least one.</summary>
    public required ImmutableArray<TensorDeclaration> Outputs { get; init; }

    /// <summary>
    /// The forms of the model, 1..<see cref="ModelLimits.VariantsMax"/>, in the author's order of preference.
    /// </summary>
    public required ImmutableArray<ModelVariant> Variants { get; init; }

    /// <summary>The golden samples; null when there are none.</summary>
    public GoldenSet? Golden { get; init; }

    /// <summary>
    /// How the values of its tensors were spread in samples of the author's, as <c>ValueReference</c> writes it; empty
    /// for unknown. At most <see cref="ModelLimits.ReferenceCharsMax"/> characters.
    /// </summary>
    public string Reference { get; init; } = "";

    /// <summary>What is computed around its models; null where a client speaks to the model itself.</summary>
    public PackageGraph? Graph { get; init; }

    /// <summary>
    /// Path of the labels that a classification answers with, the same file in every variant, one label a line; empty
    /// for none.
    /// </summary>
    public string Labels { get; init; } = "";

    /// <summary>Where it comes from, as <c>source.commit</c>: for people, never for a decision.</summary>
    public ImmutableSortedDictionary<string, string> Provenance { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Every file of the package: those of all variants, then the golden samples.</summary>
    public IEnumerable<PackageFile> AllFiles()
    {
        foreach (ModelVariant variant in Variants)
        {
            foreach (PackageFile file in variant.Files)
            {
                yield return file;
            }
        }

        if (Golden is not null)
        {
            yield return Golden.File;
        }
    }
}
