using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Kedge.Content.Packages;
using Kedge.Content.Tests.Support;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Trust;

public sealed class SigningPolicyTests : IDisposable
{
    private readonly ECDsa _owner = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _owner.Dispose();
        _signer.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("*", "bearing", true)]
    [InlineData("bearing", "bearing", true)]
    [InlineData("bearing", "bearing2", false)]
    [InlineData("bear*", "bearing", true)]
    [InlineData("bearing-*", "bearing", false)]
    public void Patterns_cover_names_by_their_beginning(string pattern, string name, bool covered) =>
        Assert.Equal(covered, SigningPolicyCheck.Covers(pattern, name));

    [Fact]
    public void A_policy_read_and_written_again_is_the_same_bytes()
    {
        byte[] json = SigningPolicyFormat.Write(Policy(3));
        Assert.True(SigningPolicyFormat.TryRead(json, out SigningPolicyDocument? policy, out _));
        Assert.NotNull(policy);
        Assert.Equal(json, SigningPolicyFormat.Write(policy));
    }

    [Fact]
    public void Wrong_rules_are_all_found()
    {
        PolicyRule rule = Rule(_signer);
        SigningPolicyDocument policy = new()
        {
            Version = 0,
            Rules = [rule with { Models = ["a**"] }, rule with { PublicKey = "AAAA", Reason = "a\nb" }],
        };
        Assert.Equal(
            ["version", "rules[0].models", "rules[1].publicKey", "rules[1].keyId", "rules[1].reason"],
            SigningPolicyCheck.Findings(policy).Select(static finding => finding.Field));
    }

    [Fact]
    public void A_package_signed_by_a_listed_key_is_trusted()
    {
        PackageOutcome outcome = PackageTrust.Judge(
            Signed(_signer), Policy(1), SamplePackages.Built.Identity.Digest, PackageTrust.Held);
        PackageOutcome.Trusted trusted = Assert.IsType<PackageOutcome.Trusted>(outcome);
        Assert.Equal(SamplePackages.Built.Identity, trusted.Identity);
        Assert.Equal(TrustedKey.Of(_signer).KeyId, trusted.KeyId);
    }

    [Fact]
    public void A_package_is_refused_with_the_reason_that_applies()
    {
        Assert.Equal(TrustErrors.UnknownKey.Code, Refusal(_stranger, Policy(1)));
        Assert.Equal(TrustErrors.RevokedKey.Code, Refusal(_signer, Policy(1, Rule(_signer) with
        {
            Revoked = true,
            Reason = "laptop stolen",
        })));
        PolicyRule other = Rule(_signer) with { Models = ["x*"] };
        Assert.Equal(TrustErrors.KeyNotForModel.Code, Refusal(_signer, Policy(1, other)));
        Assert.Equal(TrustErrors.PackageName.Code, Refusal(_signer, Policy(1), Digest.Of([1])));
        byte[] noManifest = Dsse.Sign(PackageFormat.PayloadType, "{}"u8, _signer);
        Assert.IsType<PackageOutcome.Refused>(PackageTrust.Judge(noManifest, Policy(1), default, PackageTrust.Held));
        byte[] policyAsPackage = Dsse.Sign(
            SigningPolicyFormat.PayloadType, SamplePackages.Built.Payload.AsSpan(), _signer);
        Assert.IsType<PackageOutcome.Refused>(
            PackageTrust.Judge(policyAsPackage, Policy(1), default, PackageTrust.Held));
    }

    [Fact]
    public void A_policy_only_moves_forward()
    {
        TrustedKey owner = TrustedKey.Of(_owner);
        PolicyOutcome.Newer first = Assert.IsType<PolicyOutcome.Newer>(
            SigningPolicyTrust.Judge(Offer(Policy(5)), owner, held: null));
        Assert.Equal(5, first.Held.Version);
        Assert.IsType<PolicyOutcome.Same>(SigningPolicyTrust.Judge(Offer(Policy(5)), owner, first.Held));
        Assert.IsType<PolicyOutcome.Stale>(SigningPolicyTrust.Judge(Offer(Policy(4)), owner, first.Held));
        Assert.IsType<PolicyOutcome.Newer>(SigningPolicyTrust.Judge(Offer(Policy(6)), owner, first.Held));
        PolicyRule wider = Rule(_stranger);
        Assert.IsType<PolicyOutcome.Conflict>(
            SigningPolicyTrust.Judge(Offer(Policy(5, Rule(_signer), wider)), owner, first.Held));
    }

    [Fact]
    public void A_policy_that_the_owner_did_not_sign_is_refused()
    {
        byte[] forged = Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(Policy(9)), _stranger);
        PolicyOutcome outcome = SigningPolicyTrust.Judge(forged, TrustedKey.Of(_owner), held: null);
        Finding finding = Assert.Single(Assert.IsType<PolicyOutcome.Refused>(outcome).Findings);
        Assert.Equal(TrustErrors.UnknownKey.Code, finding.Code);
    }

    [Fact]
    public void Under_an_expired_policy_nothing_new_is_taken_and_what_is_held_goes_on()
    {
        SigningPolicyDocument policy = Policy(7) with { ExpiresAtMs = 1_000 };
        Assert.IsType<PackageOutcome.Trusted>(Judge(policy, nowMs: 999));
        Finding finding = Assert.Single(Assert.IsType<PackageOutcome.Refused>(Judge(policy, nowMs: 1_000)).Findings);
        Assert.Equal(TrustErrors.PolicyExpired.Code, finding.Code);
        Assert.Equal("Version 7 expired 1970-01-01 00:00:01Z.", finding.Message);
        Assert.IsType<PackageOutcome.Trusted>(
            PackageTrust.Judge(Signed(_signer), policy, default, PackageTrust.Held));

        // Revocation takes away what is held, too: it is not an end, it is a theft.
        SigningPolicyDocument revoked = policy with { Rules = [Rule(_signer) with { Revoked = true }] };
        Assert.IsType<PackageOutcome.Refused>(
            PackageTrust.Judge(Signed(_signer), revoked, default, PackageTrust.Held));
    }

    [Fact]
    public void A_key_that_ended_signs_nothing_new_and_another_signature_still_counts()
    {
        SigningPolicyDocument policy = Policy(1, Rule(_signer) with { NotAfterMs = 1_000 }, Rule(_stranger));
        Assert.IsType<PackageOutcome.Trusted>(Judge(policy, nowMs: 999));
        PackageOutcome.Refused refused = Assert.IsType<PackageOutcome.Refused>(Judge(policy, nowMs: 1_000));
        Assert.Equal(TrustErrors.KeyEnded.Code, Assert.Single(refused.Findings).Code);
        byte[] both = Dsse.Sign(
            PackageFormat.PayloadType, SamplePackages.Built.Payload.AsSpan(), _signer, _stranger);
        Assert.IsType<PackageOutcome.Trusted>(
            PackageTrust.Judge(both, policy, default, static endMs => endMs <= 1_000));
    }

    [Fact]
    public void Ends_are_critical_so_that_no_older_reader_takes_them_for_none()
    {
        SigningPolicyDocument policy =
            Policy(1, Rule(_signer) with { NotAfterMs = 5_000 }) with { ExpiresAtMs = 9_000 };
        byte[] json = SigningPolicyFormat.Write(policy);
        Assert.Contains(
            "\"critical\":[\"expiresAtMs\",\"rules.notAfterMs\"]",
            Encoding.UTF8.GetString(json),
            StringComparison.Ordinal);
        Assert.True(SigningPolicyFormat.TryRead(json, out SigningPolicyDocument? read, out _));
        Assert.Equal((9_000, 5_000), (read!.ExpiresAtMs, read.Rules[0].NotAfterMs));
        Assert.DoesNotContain(
            "critical", Encoding.UTF8.GetString(SigningPolicyFormat.Write(Policy(1))), StringComparison.Ordinal);

        // What this reader does not know it refuses as an older one refuses these.
        byte[] newer = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(json).Replace("rules.notAfterMs", "rules.onMondays", StringComparison.Ordinal));
        Assert.False(SigningPolicyFormat.TryRead(newer, out _, out ImmutableArray<Finding> findings));
        Assert.Equal("KEDGE-CONTENT-009", Assert.Single(findings).Code);
    }

    [Fact]
    public void Ends_outside_of_any_calendar_are_found() => Assert.Equal(
        ["expiresAtMs", "rules[0].notAfterMs"],
        SigningPolicyCheck.Findings(
            Policy(1, Rule(_signer) with { NotAfterMs = long.MaxValue }) with { ExpiresAtMs = -1 })
            .Select(static finding => finding.Field));

    private PackageOutcome Judge(SigningPolicyDocument policy, long nowMs) => PackageTrust.Judge(
        Signed(_signer), policy, SamplePackages.Built.Identity.Digest, endMs => endMs <= nowMs);

    private static PolicyRule Rule(ECDsa key) => new()
    {
        KeyId = TrustedKey.Of(key).KeyId,
        PublicKey = TrustedKey.Of(key).PublicKey,
        Models = ["bearing", "pump-*"],
        Reason = "the team that trains it",
    };

    private static byte[] Signed(ECDsa key) =>
        Dsse.Sign(PackageFormat.PayloadType, SamplePackages.Built.Payload.AsSpan(), key);

    private static string Refusal(ECDsa key, SigningPolicyDocument policy, Digest expected = default) =>
        Assert.Single(Assert.IsType<PackageOutcome.Refused>(
            PackageTrust.Judge(Signed(key), policy, expected, PackageTrust.Held)).Findings).Code;

    private SigningPolicyDocument Policy(long version, params PolicyRule[] rules) => new()
    {
        Version = version,
        Rules = rules.Length == 0 ? [Rule(_signer)] : [.. rules],
    };

    private byte[] Offer(SigningPolicyDocument policy) =>
        Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(policy), _owner);
}
