using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>One form of a model that somebody wants packaged. Never compared.</summary>
public sealed record VariantRequest
{
    /// <summary>Its name, a DNS label; empty makes one of format and precision, as <c>onnx-fp32</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// The file that the runtime is given. Its name is for messages: in the package it is <c>model</c> with the ending
    /// of its format, so that renaming a file does not make another package of it.
    /// </summary>
    public required ModelFile Model { get; init; }

    /// <summary>
    /// Files beside it under their own names: the weights that it names itself, labels, tokenizers.
    /// </summary>
    public ImmutableArray<ModelFile> Siblings { get; init; } = [];

    /// <summary>The hardware that computes it.</summary>
    public AcceleratorKind Accelerator { get; init; } = AcceleratorKind.Cpu;

    /// <summary>Processor architectures that it runs on; empty for any.</summary>
    public ImmutableArray<string> Architectures { get; init; } = [];

    /// <summary>Instruction set features that it cannot do without; empty for none.</summary>
    public ImmutableArray<string> IsaFeatures { get; init; } = [];

    /// <summary>What it was measured to cost; empty for unknown.</summary>
    public ImmutableArray<VariantCost> Costs { get; init; } = [];

    /// <summary>How far it may be from the golden samples; null for what they say.</summary>
    public GoldenTolerance? Tolerance { get; init; }
}
