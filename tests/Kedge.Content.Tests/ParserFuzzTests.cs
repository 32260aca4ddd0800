using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Content.Gate;
using Kedge.Content.Packages;
using Kedge.Content.Tests.Support;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Onnx;

namespace Kedge.Content.Tests;

/// <summary>Every parser of this area over damaged input: never an exception, never more memory than the length of the
/// input accounts for, never a changed document that counts as signed.</summary>
public sealed class ParserFuzzTests : IDisposable
{
    private const long AllocatedBytesMax = 128 * 1024;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Damaged_models_are_read_or_refused() =>
        Damage.Each(SampleModels.Bytes(SampleModels.Classifier), 8_000, ReadModel);

    [Fact]
    public void Damaged_models_with_graphs_within_graphs_are_read_or_refused() =>
        Damage.Each(SampleModels.Bytes(SampleModels.Nested), 8_000, ReadModel);

    [Fact]
    public void Damaged_models_always_get_an_answer_from_the_gate() =>
        Damage.Each(SampleModels.Bytes(SampleModels.Classifier), 5_000, static bytes =>
        {
            if (ModelGate.Inspect("m.onnx", bytes) is GateOutcome.Refused refused)
            {
                Assert.NotEmpty(refused.Findings);
            }
        });

    [Fact]
    public void Damaged_manifests_are_read_or_refused() =>
        Damage.Each([.. SamplePackages.Built.Payload], 8_000, ReadManifest);

    [Fact]
    public void Damaged_manifests_with_a_graph_are_read_or_refused() =>
        Damage.Each(PackageFormat.Write(PackagedGraphs.Around(SamplePackages.Manifest)), 8_000, ReadManifest);


    [Fact]
    public void Damaged_envelopes_never_verify_over_changed_bytes()
    {
        byte[] payload = "hello world"u8.ToArray();
        TrustedKey[] trusted = [TrustedKey.Of(_key)];
        Damage.Each(Dsse.Sign("text/plain", payload, _key), 5_000, bytes =>
        {
            if (Dsse.TryParse(bytes, out DsseEnvelope? envelope, out Finding? finding) && envelope is not null)
            {
                bool verified = Dsse.Verify(envelope, "text/plain", trusted) is DsseOutcome.Verified;
                Assert.True(!verified || envelope.Payload.Span.SequenceEqual(payload));
            }
            else
            {
                Assert.NotNull(finding);
            }
        });
    }

    [Fact]
    public void Damaged_policies_never_count_when_changed()
    {
        byte[] policy = SigningPolicyFormat.Write(Policy());
        byte[] offer = Dsse.Sign(SigningPolicyFormat.PayloadType, policy, _key);
        Damage.Each(offer, 3_000, bytes =>
        {
            PolicyOutcome outcome = SigningPolicyTrust.Judge(bytes, TrustedKey.Of(_key), held: null);
            Assert.True(outcome is not PolicyOutcome.Newer newer || newer.Held.PayloadDigest == Digest.Of(policy));
        });
    }

    [Fact]
    public void Damaged_policy_documents_are_read_or_refused() =>
        Damage.Each(SigningPolicyFormat.Write(Policy()), 5_000, static bytes =>
        {
            bool read = SigningPolicyFormat.TryRead(bytes, out _, out ImmutableArray<Finding> findings);
            Assert.Equal(read, findings.IsEmpty);
        });

    [Fact]
    public void Damaged_public_keys_are_read_or_refused() =>
        Damage.Each(_key.ExportSubjectPublicKeyInfo(), 5_000, static bytes =>
        {
            bool read = TrustedKey.TryOf(bytes, out TrustedKey? key);
            Assert.Equal(read, key is not null);
        });

    private static void ReadModel(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = OnnxReader.TryRead(bytes, out OnnxModel? model, out Finding? finding);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.Equal(read, model is not null);
        Assert.Equal(!read, finding is not null);
    }

    private SigningPolicyDocument Policy() => new()
    {
        Version = 5,
        Rules =
        [
            new PolicyRule
            {
                KeyId = TrustedKey.Of(_key).KeyId,
                PublicKey = TrustedKey.Of(_key).PublicKey,
                Models = ["bearing", "pump-*"],
            },
        ],
    };

    private static void ReadManifest(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = PackageFormat.TryRead(bytes, out PackageManifest? manifest, out ImmutableArray<Finding> findings);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.Equal(read, findings.IsEmpty);
        Assert.Equal(read, manifest is not null);
    }
}
