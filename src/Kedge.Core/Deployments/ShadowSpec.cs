namespace Kedge.Core.Deployments;

/// <summary>
/// What a release must show before it gets its first request: it sees copies of live requests, and its answers are
/// compared with those of the release that serves and thrown away.
/// </summary>
public sealed class ShadowSpec : IEquatable<ShadowSpec>
{
    /// <summary>
    /// Least <see cref="AgreementPpm"/>: below it half of the answers differ, and nothing is compared.
    /// </summary>
    public const int AgreementPpmMin = 500_000;

    /// <summary>Fewest <see cref="MinRequests"/>.</summary>
    public const int RequestsMin = 10;

    /// <summary>Most <see cref="MinRequests"/>.</summary>
    public const int RequestsMax = 1_000_000;

    /// <summary>Shortest <see cref="Time"/> in seconds: the device looks every second.</summary>
    public const int SecondsMin = 10;

    /// <summary>Longest <see cref="Time"/> in seconds: one week, with its weekend.</summary>
    public const int SecondsMax = 7 * 86_400;

    /// <summary>Requests that are copied, in a million, 1..1,000,000.</summary>
    public int SharePpm { get; init; } = 200_000;

    /// <summary>Answers that must agree, in a million, <see cref="AgreementPpmMin"/>..1,000,000.</summary>
    public int AgreementPpm { get; init; } = 990_000;

    /// <summary>Answers that are compared before it may pass early.</summary>
    public int MinRequests { get; init; } = 200;

    /// <summary>For how long at most; then it passes with what was compared, unless that speaks against it.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How far floating-point values may be apart, in millionths: of the old release's value, and as a number beside
    /// that; 0..1,000,000.
    /// </summary>
    public int TolerancePpm { get; init; } = 1_000;

    /// <inheritdoc/>
    public bool Equals(ShadowSpec? other) => other is not null
        && SharePpm == other.SharePpm && AgreementPpm == other.AgreementPpm && MinRequests == other.MinRequests
        && Time == other.Time && TolerancePpm == other.TolerancePpm;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ShadowSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => ((((SharePpm * 31) + AgreementPpm) * 31) + MinRequests) * 31 + TolerancePpm;
}
