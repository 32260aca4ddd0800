using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>
/// Judges a signing policy that was offered against the pinned owner key and the policy already held.
/// </summary>
public static class SigningPolicyTrust
{
    /// <summary>Judges one offer. Never throws, whatever the bytes.</summary>
    /// <param name="envelope">The signed policy, as it arrived.</param>
    /// <param name="owner">The owner key that counts.</param>
    /// <param name="held">What is remembered of the policy held; null for none yet.</param>
    public static PolicyOutcome Judge(ReadOnlySpan<byte> envelope, TrustedKey owner, PolicyHeld? held)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            return new PolicyOutcome.Refused(finding is null ? [] : [finding]);
        }

        DsseOutcome signatures = Dsse.Verify(parsed, SigningPolicyFormat.PayloadType, [owner]);
        if (signatures is not DsseOutcome.Verified)
        {
            return new PolicyOutcome.Refused(signatures.Findings());
        }

        bool read = SigningPolicyFormat.TryRead(
            parsed.Payload.Span, out SigningPolicyDocument? policy, out ImmutableArray<Finding> findings);
        return read && policy is not null
            ? Compare(policy, new PolicyHeld(policy.Version, Digest.Of(parsed.Payload.Span)), held)
            : new PolicyOutcome.Refused(findings);
    }

    private static PolicyOutcome Compare(SigningPolicyDocument policy, PolicyHeld offered, PolicyHeld? held)
    {
        if (held is null || offered.Version > held.Version)
        {
            return new PolicyOutcome.Newer(policy, offered);
        }

        if (offered.Version < held.Version)
        {
            return new PolicyOutcome.Stale(TrustErrors.PolicyStale.At(string.Create(
                CultureInfo.InvariantCulture, $"Offered is version {offered.Version}, held is {held.Version}.")));
        }

        return offered.PayloadDigest == held.PayloadDigest
            ? new PolicyOutcome.Same(policy)
            : new PolicyOutcome.Conflict(TrustErrors.PolicyConflict.At(string.Create(
                CultureInfo.InvariantCulture,
                $"Version {held.Version} is held as {held.PayloadDigest.Short} and offered as "
                + $"{offered.PayloadDigest.Short}.")));
    }
}
