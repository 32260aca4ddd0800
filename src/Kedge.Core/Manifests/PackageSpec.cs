using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>
/// What a package file asks to be packaged. Paths are as written, relative to the file's folder. Never compared.
/// </summary>
public sealed record PackageSpec
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The variants in the author's order of preference, at least one.</summary>
    public required ImmutableArray<VariantSpec> Variants { get; init; }

    /// <summary>File of the graph around the models; empty for none.</summary>
    public required string Graph { get; init; }

    /// <summary>File of labels; empty for none.</summary>
    public required string Labels { get; init; }

    /// <summary>File of the golden samples; empty for none.</summary>
    public required string Golden { get; init; }

    /// <summary>File of samples for the drift reference; empty for none.</summary>
    public required string Reference { get; init; }

    /// <summary>Where it comes from: entries of the form <c>KEY=VALUE</c>.</summary>
    public required ImmutableArray<string> Provenance { get; init; }
}

/// <summary>One variant of a <see cref="PackageSpec"/>. Never compared.</summary>
public sealed record VariantSpec
{
    /// <summary>Its name; empty makes one of format and precision.</summary>
    public required string Name { get; init; }

    /// <summary>The model's file.</summary>
    public required string File { get; init; }

    /// <summary>Files that go with it.</summary>
    public required ImmutableArray<string> Files { get; init; }

    /// <summary>The hardware that computes it.</summary>
    public required AcceleratorKind Accelerator { get; init; }

    /// <summary>Processor architectures; empty for any.</summary>
    public required ImmutableArray<string> Architectures { get; init; }

    /// <summary>Instruction set features; empty for none.</summary>
    public required ImmutableArray<string> IsaFeatures { get; init; }

    /// <summary>How far it may be from the golden samples; null for what they say.</summary>
    public required GoldenTolerance? Tolerance { get; init; }

    /// <summary>What it was measured to cost.</summary>
    public required ImmutableArray<VariantCost> Costs { get; init; }
}
