namespace Kedge.Core.Models;

/// <summary>
/// How far the answers of one variant may be from the golden samples of its package. A variant with fewer bits than
/// the one whose answers the samples hold cannot give the same numbers; how much it may lose is its author's decision
/// and is signed with the rest of the package.
/// </summary>
public sealed record GoldenTolerance
{
    /// <summary>Allowed difference of a floating-point output, 0..<see cref="ModelLimits.ToleranceMax"/>.</summary>
    public required double Absolute { get; init; }

    /// <summary>Allowed difference beside that, as a share of the expected value,
    /// 0..<see cref="ModelLimits.ToleranceMax"/>.</summary>
    public required double Relative { get; init; }

    /// <summary>Fraction of the samples that must agree: above 0, at most 1.</summary>
    public double MinimumAgreement { get; init; } = 1;

    /// <summary>True when all three are within their bounds.</summary>
    public bool IsValid =>
        Absolute is >= 0 and <= ModelLimits.ToleranceMax
        && Relative is >= 0 and <= ModelLimits.ToleranceMax
        && MinimumAgreement is > 0 and <= 1;
}
