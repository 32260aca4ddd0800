using System.Collections.Immutable;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>What a push is to bring, from the command line or a package file; paths can be opened as they are. Never
/// compared.</summary>
internal sealed record PushPlan
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The variants, at least one.</summary>
    public required ImmutableArray<VariantSpec> Variants { get; init; }

    /// <summary>Tolerances of the command line by the variant's name, which a gate may have to make first.</summary>
    public required IReadOnlyDictionary<string, GoldenTolerance> Tolerances { get; init; }

    /// <summary>The graph around the models; empty for none.</summary>
    public string Graph { get; init; } = "";

    /// <summary>Labels of classes; empty for none.</summary>
    public string Labels { get; init; } = "";

    /// <summary>Golden samples; empty for none.</summary>
    public required string Golden { get; init; }

    /// <summary>Samples for the drift reference; empty for none.</summary>
    public required string Reference { get; init; }

    /// <summary>Where it comes from.</summary>
    public required ImmutableSortedDictionary<string, string> Provenance { get; init; }
}
