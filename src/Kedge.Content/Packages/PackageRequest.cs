using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>
/// What somebody wants packaged: the variants of one model, each looked over, perhaps with golden samples. Never
/// compared.
/// </summary>
public sealed record PackageRequest
{
    /// <summary>The model's name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>Now, in milliseconds since 1970-01-01 UTC.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>The variants, in the author's order of preference.</summary>
    public required ImmutableArray<VariantOutcome.Ready> Variants { get; init; }

    /// <summary>The golden samples; null for none.</summary>
    public GoldenRequest? Golden { get; init; }

    /// <summary>How the values of its tensors are spread, as <c>ValueReference</c> writes it; empty for
    /// unknown.</summary>
    public string Reference { get; init; } = "";

    /// <summary>What is computed around the models, a file of every variant; null for nothing.</summary>
    public GraphRequest? Graph { get; init; }

    /// <summary>Path of the labels, a file of every variant; empty for none.</summary>
    public string Labels { get; init; } = "";

    /// <summary>
    /// Where it comes from: for people. The program that wrote the model is added as <c>producer</c>, unless it is
    /// given.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Provenance { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary>A graph that was checked against its models. Never compared.</summary>
/// <param name="Graph">What the manifest says of it.</param>
/// <param name="Inputs">Tensors that it takes.</param>
/// <param name="Outputs">Tensors that it gives.</param>
public sealed record GraphRequest(
    PackageGraph Graph, ImmutableArray<TensorDeclaration> Inputs, ImmutableArray<TensorDeclaration> Outputs);

/// <summary>Golden samples to go with a model.</summary>
/// <param name="File">The golden file's bytes.</param>
/// <param name="Source">Who says that the expected outputs are right.</param>
/// <param name="SampleCount">Samples in the file.</param>
public sealed record GoldenRequest(ReadOnlyMemory<byte> File, GoldenSource Source, int SampleCount);
