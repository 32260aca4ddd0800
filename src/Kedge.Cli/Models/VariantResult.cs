using Kedge.Core.Errors;
using Kedge.Inference.Golden;

namespace Kedge.Cli.Models;

/// <summary>What became of one variant, or of the model itself.</summary>
internal sealed record VariantResult
{
    /// <summary>Its name: <c>original</c>, or that of its kind.</summary>
    public required string Name { get; init; }

    /// <summary>Its bytes; empty when it was not made.</summary>
    public ReadOnlyMemory<byte> File { get; init; }

    /// <summary>What became of the weights, as a few words; empty where they are untouched.</summary>
    public string Weights { get; init; } = "";

    /// <summary>How long it took to load.</summary>
    public TimeSpan Load { get; init; }

    /// <summary>Median time of an answer.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How many answers were timed.</summary>
    public int Runs { get; init; }

    /// <summary>What it loses; null when it could not be run.</summary>
    public LossReport? Loss { get; init; }

    /// <summary>Why it is refused; null when it is not.</summary>
    public Finding? Refusal { get; init; }

    /// <summary>Where it was written; empty when it was not.</summary>
    public string Path { get; init; } = "";

    /// <summary>
    /// Allowed difference from the golden samples that it needs on a device, with room for other processors.
    /// </summary>
    public double Absolute { get; init; }

    /// <summary>Share of golden samples that must agree on a device.</summary>
    public double MinimumAgreement { get; init; }
}
