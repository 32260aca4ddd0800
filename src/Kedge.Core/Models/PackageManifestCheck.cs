using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Core.Models;

/// <summary>Every rule that a manifest keeps, asked before it is written and again after it is read. Knows rules, not
/// where the manifest came from; reports all findings, not the first.</summary>
public static class PackageManifestCheck
{
    /// <summary>
    /// What is wrong with <paramref name="manifest"/>; empty when nothing is. Collections must not be default.
    /// </summary>
    public static ImmutableArray<Finding> Findings(PackageManifest manifest)
    {
        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        Head(manifest, findings);
        Tensors(manifest.Inputs, "inputs", countMin: 0, findings);
        Tensors(manifest.Outputs, "outputs", OutputsMin(manifest), findings);
        Variants(manifest, findings);
        Golden(manifest, findings);
        Reference(manifest, findings);
        GraphChecks.Labels(manifest, findings);
        GraphChecks.Graph(manifest, findings);
        Provenance(manifest, findings);
        FileChecks.Whole(manifest, findings);
        return findings.DrainToImmutable();
    }

    /// <summary>
    /// A model with a graph answers with something. Weights alone leave it to their runtime what goes in and out.
    /// </summary>
    private static int OutputsMin(PackageManifest manifest) =>
        manifest.Variants.Length > 0
        && manifest.Variants.All(static variant => ModelFormats.HoldsWeightsAlone(variant.Format)) ? 0 : 1;

    private static void Head(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Schema != PackageManifest.CurrentSchema)
        {
            findings.Add(ModelErrors.Schema.At($"The schema is {manifest.Schema}; this version knows 1.", "schema"));
        }

        if (!Ids.IsName(manifest.Name))
        {
            findings.Add(ModelErrors.Name.At("The model's name must be a DNS label of 1 to 63 characters.", "name"));
        }

        if (manifest.CreatedAtMs is < 0 or > ModelLimits.TimeMsMax)
        {
            findings.Add(ModelErrors.Number.At(
                $"The time must be 0 to {ModelLimits.TimeMsMax} milliseconds since 1970.", "createdAtMs"));
        }
    }

    internal static void Tensors(
        ImmutableArray<TensorDeclaration> tensors, string field, int countMin, ImmutableArray<Finding>.Builder findings)
    {
        if (tensors.Length < countMin || tensors.Length > ModelLimits.TensorsMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {tensors.Length} tensors; {countMin} to {ModelLimits.TensorsMax} are allowed.", field));
            return;
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        for (int index = 0; index < tensors.Length; index++)
        {
            TensorDeclaration tensor = tensors[index];
            string at = $"{field}[{index}]";
            if (!IsText(tensor.Name, ModelLimits.TensorNameCharsMax))
            {
                findings.Add(ModelErrors.Tensor.At(
                    $"The name must have 1 to {ModelLimits.TensorNameCharsMax} printable characters.", at + ".name"));
            }
            else if (!names.Add(tensor.Name))
            {
                findings.Add(ModelErrors.Tensor.At($"The name '{tensor.Name}' is used twice.", at + ".name"));
            }

            if (!TensorDatatypes.ElementBytes.ContainsKey(tensor.Datatype))
            {
                findings.Add(ModelErrors.Tensor.At("The datatype is not one of the protocol's.", at + ".datatype"));
            }

            if (tensor.Shape.Length > ModelLimits.RankMax || tensor.Shape.Any(static extent => extent < -1))
            {
                findings.Add(ModelErrors.Tensor.At(
                    $"The shape must have at most {ModelLimits.RankMax} extents, each -1 or above.", at + ".shape"));
            }
        }
    }

    private static void Variants(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Variants.Length is 0 or > ModelLimits.VariantsMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {manifest.Variants.Length} variants; 1 to {ModelLimits.VariantsMax} are allowed.",
                "variants"));
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        for (int index = 0; index < manifest.Variants.Length; index++)
        {
            ModelVariant variant = manifest.Variants[index];
            string at = $"variants[{index}]";
            if (!Ids.IsName(variant.Name) || !names.Add(variant.Name))
            {
                findings.Add(ModelErrors.Name.At("A variant's name must be a DNS label, used once.", at + ".name"));
            }

            Variant(variant, at, findings);
            FileChecks.Files(variant, at, findings);
        }
    }

    private static void Variant(ModelVariant variant, string at, ImmutableArray<Finding>.Builder findings)
    {
        if (!Ids.IsName(variant.Precision))
        {
            findings.Add(ModelErrors.Name.At("The precision must be a DNS label, as fp32.", at + ".precision"));
        }

        if (variant.Format is ModelFormat.Unknown || !Enum.IsDefined(variant.Format))
        {
            findings.Add(ModelErrors.Kind.At("The format is not known to this version.", at + ".format"));
        }

        if (variant.Accelerator is AcceleratorKind.Unknown || !Enum.IsDefined(variant.Accelerator))
        {
            findings.Add(ModelErrors.Kind.At("The accelerator is not known to this version.", at + ".accelerator"));
        }

        if (variant.MemoryBytes < 0)
        {
            findings.Add(ModelErrors.Number.At("The memory must be 0 bytes or above.", at + ".memoryBytes"));
        }

        Requirements(variant.Architectures, at + ".architectures", findings);
        Requirements(variant.IsaFeatures, at + ".isaFeatures", findings);
        VariantChecks.Costs(variant, at, findings);
        VariantChecks.Tolerance(variant, at, findings);
    }

    private static void Requirements(
        ImmutableArray<string> names, string at, ImmutableArray<Finding>.Builder findings)
    {
        if (names.Length > ModelLimits.RequirementsMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {names.Length} entries; at most {ModelLimits.RequirementsMax} are allowed.", at));
        }

        if (names.Any(static name => !IsText(name, ModelLimits.RequirementCharsMax)))
        {
            findings.Add(ModelErrors.Text.At(
                $"An entry must have 1 to {ModelLimits.RequirementCharsMax} printable characters.", at));
        }
    }

    private static void Golden(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Golden is not { } golden)
        {
            return;
        }

        if (golden.Source is not (GoldenSource.Author or GoldenSource.Recorded))
        {
            findings.Add(ModelErrors.Kind.At("The source is not known to this version.", "golden.source"));
        }

        if (golden.SampleCount is < 1 or > ModelLimits.GoldenSamplesMax)
        {
            findings.Add(ModelErrors.Number.At(
                $"The sample count must be 1 to {ModelLimits.GoldenSamplesMax}.", "golden.sampleCount"));
        }

        FileChecks.One(golden.File, "golden.file", ModelLimits.GoldenBytesMax, findings);
    }

    /// <summary>
    /// Its length alone: whoever uses it takes one that it cannot read for none, since nothing is refused for it.
    /// </summary>
    private static void Reference(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Reference.Length > ModelLimits.ReferenceCharsMax)
        {
            findings.Add(ModelErrors.Text.At(
                $"The reference must have at most {ModelLimits.ReferenceCharsMax} characters.", "reference"));
        }
    }

    private static void Provenance(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Provenance.Count > ModelLimits.ProvenanceMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {manifest.Provenance.Count} entries; at most {ModelLimits.ProvenanceMax} are allowed.",
                "provenance"));
        }

        foreach ((string key, string value) in manifest.Provenance)
        {
            if (!IsText(key, ModelLimits.ProvenanceKeyCharsMax)
                || value.Length > ModelLimits.ProvenanceValueCharsMax
                || value.Any(char.IsControl))
            {
                findings.Add(ModelErrors.Text.At(
                    $"A key has 1 to {ModelLimits.ProvenanceKeyCharsMax} printable characters, a value at most "
                    + $"{ModelLimits.ProvenanceValueCharsMax}.",
                    "provenance"));
                return;
            }
        }
    }

    private static bool IsText(string? text, int charsMax) =>
        text is { Length: > 0 } && text.Length <= charsMax && !text.Any(char.IsControl);
}
