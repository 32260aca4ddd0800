namespace Kedge.Core.Models;

/// <summary>
/// Samples with their expected outputs, run on the device before a version may answer. Never compared.
/// </summary>
public sealed record GoldenSet
{
    /// <summary>The file that holds the samples.</summary>
    public required PackageFile File { get; init; }

    /// <summary>Who says that the expected outputs are right.</summary>
    public required GoldenSource Source { get; init; }

    /// <summary>Number of samples, 1..<see cref="ModelLimits.GoldenSamplesMax"/>.</summary>
    public required int SampleCount { get; init; }
}
