using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kedge.Content.Trust;
using Kedge.Core.Errors;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Trust;

public sealed class DsseTests(ITestOutputHelper output)
{
    private const string Type = "http://example.com/HelloWorld";
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello world");

    [Fact]
    public void The_encoding_is_that_of_the_specification() =>
        Assert.Equal(
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
            Encoding.UTF8.GetString(Dsse.Encode(Type, Hello)));

    [Fact]
    public void What_a_key_signed_it_verifies()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustedKey trusted = TrustedKey.Of(key);
        DsseEnvelope envelope = Parse(Dsse.Sign(Type, Hello, key));
        Assert.Equal(Hello, envelope.Payload.ToArray());
        DsseOutcome.Verified verified = Assert.IsType<DsseOutcome.Verified>(Dsse.Verify(envelope, Type, [trusted]));
        Assert.Equal([trusted.KeyId], verified.KeyIds.AsEnumerable());
        Assert.Empty(verified.Findings());
    }

    [Fact]
    public void The_signature_of_the_specifications_example_is_verified()
    {
        // protocol.md, "Test Vectors": the public key and the signature, raw r and s there, DER here.
        ECParameters parameters = new()
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Number("46950820868899156662930047687818585632848591499744589407958293238635476079160"),
                Y = Number("5640078356564379163099075877009565129882514886557779369047442380624545832820"),
            },
        };
        using ECDsa ecdsa = ECDsa.Create(parameters);
        byte[] raw = Convert.FromBase64String(
            "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==");
        Assert.True(ecdsa.VerifyData(
            Dsse.Encode(Type, Hello),
            raw,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.Equal(64, raw.Length);
    }

    [Fact]
    public void Another_payload_type_or_payload_breaks_the_signature()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustedKey[] trusted = [TrustedKey.Of(key)];
        DsseEnvelope envelope = Parse(Dsse.Sign(Type, Hello, key));
        Assert.IsType<DsseOutcome.Malformed>(Dsse.Verify(envelope, "text/plain", trusted));
        Assert.IsType<DsseOutcome.BadSignature>(
            Dsse.Verify(envelope with { PayloadType = "text/plain" }, "text/plain", trusted));
        DsseOutcome tampered = Dsse.Verify(envelope with { Payload = "hello_world"u8.ToArray() }, Type, trusted);
        Assert.Equal(TrustErrors.BadSignature.Code, Assert.Single(tampered.Findings()).Code);
    }

    [Fact]
    public void A_key_that_is_not_trusted_does_not_count()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DsseEnvelope envelope = Parse(Dsse.Sign(Type, Hello, key));
        DsseOutcome outcome = Dsse.Verify(envelope, Type, [TrustedKey.Of(other)]);
        Assert.Equal(TrustErrors.UnknownKey.Code, Assert.Single(outcome.Findings()).Code);
        Assert.IsType<DsseOutcome.Untrusted>(Dsse.Verify(envelope, Type, []));
    }

    [Fact]
    public void One_good_signature_among_others_is_enough_and_names_its_key_only()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DsseEnvelope one = Parse(Dsse.Sign(Type, Hello, key));
        DsseEnvelope two = Parse(Dsse.Sign(Type, Encoding.UTF8.GetBytes("something else"), other));
        DsseEnvelope both = one with { Signatures = [.. two.Signatures, .. one.Signatures] };
        DsseOutcome outcome = Dsse.Verify(Parse(Dsse.Write(both)), Type, [TrustedKey.Of(key), TrustedKey.Of(other)]);
        Assert.Equal([TrustedKey.Of(key).KeyId], Assert.IsType<DsseOutcome.Verified>(outcome).KeyIds.AsEnumerable());
    }

    [Fact]
    public void Without_a_key_id_every_trusted_key_is_tried()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DsseEnvelope envelope = Parse(Dsse.Sign(Type, Hello, key));
        envelope = envelope with { Signatures = [envelope.Signatures[0] with { KeyId = "" }] };
        Assert.IsType<DsseOutcome.Verified>(Dsse.Verify(envelope, Type, [TrustedKey.Of(other), TrustedKey.Of(key)]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"payload":"aGk=","payloadType":"t","signatures":[]}""")]
    [InlineData("""{"payload":"a","payloadType":"t","signatures":[{"sig":"aGk="}]}""")]
    [InlineData("""{"payload":"aGk=","payloadType":"","signatures":[{"sig":"aGk="}]}""")]
    [InlineData("""{"payload":"aGk=","payloadType":"t","signatures":[{"keyid":"k"}]}""")]
    [InlineData("""{"payload":"aGk=","payloadType":"t","signatures":{"sig":"aGk="}}""")]
    public void What_is_not_an_envelope_is_refused(string json)
    {
        Assert.False(Dsse.TryParse(Encoding.UTF8.GetBytes(json), out _, out Finding? finding));
        Assert.Equal(TrustErrors.Envelope.Code, finding?.Code);
    }

    [Fact]
    public void Both_alphabets_of_base64_are_read_with_and_without_padding()
    {
        foreach (string text in new[] { "-_8=", "+/8=", "-_8", "+/8" })
        {
            string json = $$"""{"payload":"{{text}}","payloadType":"t","signatures":[{"sig":"aGk="}],"more":1}""";
            Assert.Equal([0xFB, 0xFF], Parse(Encoding.UTF8.GetBytes(json)).Payload.ToArray());
        }
    }

    [Fact]
    public void Keys_on_other_curves_and_other_bytes_are_no_keys()
    {
        using ECDsa larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(2048);
        Assert.False(TrustedKey.TryOf(larger.ExportSubjectPublicKeyInfo(), out _));
        Assert.False(TrustedKey.TryOf(rsa.ExportSubjectPublicKeyInfo(), out _));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] spki = key.ExportSubjectPublicKeyInfo();
        Assert.False(TrustedKey.TryOf([.. spki, 0], out _));
        Assert.True(TrustedKey.TryParsePem(key.ExportSubjectPublicKeyInfoPem(), out TrustedKey? fromPem));
        Assert.Equal(TrustedKey.Of(key).KeyId, fromPem.KeyId);
    }

    /// <summary>Those keys are on P-384, so the framework verifies over our encoding.</summary>
    [Fact]
    public void Envelopes_made_by_sigstores_model_signing_are_read_and_encoded_as_they_were_signed()
    {
        int count = 0;
        if (FromElsewhere.Find("model-signing", "2 envelopes made elsewhere", output.WriteLine) is { } folder)
        {
            string keyFile = Path.Combine(folder, "keys", "signing-key-pub.pem");
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(keyFile));
            foreach (string version in new[] { "v1.0.0-elliptic-key", "v1.0.1-elliptic-key" })
            {
                JsonNode bundle = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, version, "model.sig")))!;
                DsseEnvelope envelope = Parse(Encoding.UTF8.GetBytes(bundle["dsseEnvelope"]!.ToJsonString()));
                byte[] signed = Dsse.Encode(envelope.PayloadType, envelope.Payload.Span);
                byte[] signature = envelope.Signatures[0].Signature.ToArray();
                HashAlgorithmName[] hashes = [HashAlgorithmName.SHA256, HashAlgorithmName.SHA384];
                Assert.Contains(
                    hashes, hash => key.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence));
                count++;
            }
        }

        output.WriteLine($"{count} envelopes made elsewhere were verified");
    }

    private static byte[] Number(string digits) =>
        System.Numerics.BigInteger.Parse(digits).ToByteArray(isUnsigned: true, isBigEndian: true);

    private static DsseEnvelope Parse(byte[] bytes)
    {
        Assert.True(Dsse.TryParse(bytes, out DsseEnvelope? envelope, out Finding? finding), finding?.ToString());
        return envelope!; // true means that there is one
    }
}
