using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust;

/// <summary>What the signatures of an envelope prove.</summary>
[Closed]
public abstract record DsseOutcome
{
    private DsseOutcome()
    {
    }

    /// <summary>At least one trusted key signed the payload. Never compared.</summary>
    /// <param name="KeyIds">Those keys, without duplicates.</param>
    public sealed record Verified(ImmutableArray<Digest> KeyIds) : DsseOutcome;

    /// <summary>No signature names a trusted key. Never compared.</summary>
    /// <param name="KeyIds">What they name instead, as written.</param>
    public sealed record Untrusted(ImmutableArray<string> KeyIds) : DsseOutcome;

    /// <summary>Trusted keys are named, but none of their signatures matches the payload. Never compared.</summary>
    /// <param name="KeyIds">Those keys.</param>
    public sealed record BadSignature(ImmutableArray<Digest> KeyIds) : DsseOutcome;

    /// <summary>The envelope is not one, or carries another type of payload.</summary>
    /// <param name="Finding">What is wrong.</param>
    public sealed record Malformed(Finding Finding) : DsseOutcome;

    /// <summary>This outcome as findings for the user; empty when verified.</summary>
    public ImmutableArray<Finding> Findings() => this switch
    {
        Verified => [],
        Untrusted one => [TrustErrors.UnknownKey.At($"The signatures name {Names(one.KeyIds)}.")],
        BadSignature one => [TrustErrors.BadSignature.At(
            $"The signature by {string.Join(", ", one.KeyIds.Select(static id => id.Short))} does not match.")],
        Malformed one => [one.Finding],
        _ => throw Check.Unreachable(this),
    };

    private static string Names(ImmutableArray<string> keyIds) =>
        string.Join(", ", keyIds.Select(static id => id.Length == 0 ? "no key" : $"'{id}'"));
}
