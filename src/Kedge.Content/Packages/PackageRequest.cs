using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>What somebody wants packaged: one model file, perhaps with golden samples. Never compared.</summary>
public sealed record PackageRequest
{
    /// <summary>The model's name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>Now, in milliseconds since 1970-01-01 UTC.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Name of the model file, for messages; in the package it is <c>model.onnx</c>.</summary>
    public required string FileName { get; init; }

    /// <summary>The model file.</summary>
    public required ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>The golden samples; null for none.</summary>
    public GoldenRequest? Golden { get; init; }

    /// <summary>How the values of its tensors are spread, as <c>ValueReference</c> writes it; empty for
    /// unknown.</summary>
    public string Reference { get; init; } = "";

    /// <summary>Where it comes from: for people.</summary>
    public ImmutableSortedDictionary<string, string> Provenance { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Processor architectures that it runs on; empty for any.</summary>
    public ImmutableArray<string> Architectures { get; init; } = [];

    /// <summary>Instruction set features that it cannot do without; empty for none.</summary>
    public ImmutableArray<string> IsaFeatures { get; init; } = [];
}

/// <summary>Golden samples to go with a model.</summary>
/// <param name="File">The golden file's bytes.</param>
/// <param name="Source">Who says that the expected outputs are right.</param>
/// <param name="SampleCount">Samples in the file.</param>
public sealed record GoldenRequest(ReadOnlyMemory<byte> File, GoldenSource Source, int SampleCount);
