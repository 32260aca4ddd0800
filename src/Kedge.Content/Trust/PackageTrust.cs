using System.Collections.Immutable;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust;

/// <summary>Judges a signed package as a whole, in the one order that is safe: envelope, signatures, manifest, policy.
/// The server asks before it stores one, a device before it fetches what one names.</summary>
public static class PackageTrust
{
    /// <summary>The clock for packages that were taken before: expiry stops new ones alone, revocation all.</summary>
    public static readonly Func<long, bool> Held = static _ => false;

    /// <summary>Judges one package. Never throws, whatever the bytes.</summary>
    /// <param name="envelope">The signed manifest, as it arrived.</param>
    /// <param name="policy">The signing policy that is held.</param>
    /// <param name="expected">The digest that was asked for; none when any will do.</param>
    /// <param name="hasEnded">True when a time, Unix milliseconds UTC, is over; <see cref="Held"/> for what was taken
    /// before, which no end takes away.</param>
    public static PackageOutcome Judge(
        ReadOnlySpan<byte> envelope, SigningPolicyDocument policy, Digest expected, Func<long, bool> hasEnded)
    {
        if (!Dsse.TryParse(envelope, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            return new PackageOutcome.Refused(finding is null ? [] : [finding]);
        }

        DsseOutcome signatures = Dsse.Verify(parsed, PackageFormat.PayloadType, Keys(policy));
        if (signatures is not DsseOutcome.Verified verified)
        {
            return new PackageOutcome.Refused(signatures.Findings());
        }

        ReadOnlySpan<byte> payload = parsed.Payload.Span;
        if (!PackageFormat.TryRead(payload, out PackageManifest? manifest, out ImmutableArray<Finding> findings)
            || manifest is null)
        {
            return new PackageOutcome.Refused(findings);
        }

        PackageIdentity identity = PackageIdentity.Of(manifest.Name, payload);
        if (!expected.IsNone && identity.Digest != expected)
        {
            return new PackageOutcome.Refused(
                [TrustErrors.PackageName.At($"Asked for is {expected.Short}, given is {identity}.")]);
        }

        return SigningPolicyCheck.Allows(policy, manifest.Name, verified.KeyIds, hasEnded) switch
        {
            PolicyVerdict.Allowed allowed => new PackageOutcome.Trusted(manifest, identity, allowed.KeyId),
            PolicyVerdict.Refused refused => new PackageOutcome.Refused(refused.Findings),
            object other => throw Check.Unreachable(other),
        };
    }

    /// <summary>
    /// Every key of the policy, revoked ones too: so that the reason given is "revoked" and not "unknown".
    /// </summary>
    private static IReadOnlyCollection<TrustedKey> Keys(SigningPolicyDocument policy)
    {
        List<TrustedKey> keys = [];
        foreach (PolicyRule rule in policy.Rules)
        {
            Check.That(TrustedKey.TryParse(rule.PublicKey, out TrustedKey? key));
            keys.Add(key);
        }

        return keys;
    }
}

/// <summary>What is known of a signed package after it was judged.</summary>
[Closed]
public abstract record PackageOutcome
{
    private PackageOutcome()
    {
    }

    /// <summary>A key that may sign this model has signed it, and it keeps every rule. Never compared.</summary>
    /// <param name="Manifest">What the package says of itself.</param>
    /// <param name="Identity">Its name and digest.</param>
    /// <param name="KeyId">The key that counted.</param>
    public sealed record Trusted(PackageManifest Manifest, PackageIdentity Identity, Digest KeyId) : PackageOutcome;

    /// <summary>It may not be used. Never compared.</summary>
    /// <param name="Findings">Every reason, at least one.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings) : PackageOutcome;
}
