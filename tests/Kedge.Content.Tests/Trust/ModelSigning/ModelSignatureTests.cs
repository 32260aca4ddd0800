using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kedge.Content.Tests.Support;
using Kedge.Content.Trust;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Trust.ModelSigning;

public sealed class ModelSignatureTests
{
    [Theory]
    [InlineData("nistP256", "PKIX_ECDSA_P256_SHA_256")]
    [InlineData("nistP384", "PKIX_ECDSA_P384_SHA_384")]
    [InlineData("nistP521", "PKIX_ECDSA_P521_SHA_512")]
    public void Each_curve_signs_with_the_hash_of_its_size_and_verifies(string curve, string details)
    {
        using EllipticKey key = NewKey(ECCurve.CreateFromFriendlyName(curve));
        byte[] bundle = ModelSignature.Sign(Statement("a/b", "c"), key);
        Assert.Equal(details, key.Details);
        Assert.Contains($"\"keyDetails\": \"{details}\"", Encoding.UTF8.GetString(bundle), StringComparison.Ordinal);
        Assert.True(EllipticKey.TryParsePem(key.Pem, out EllipticKey? back));
        using (back)
        {
            Assert.Equal<SignedFile>([.. Statement("a/b", "c").Resources], Verified(bundle, back).Resources);
        }
    }

    [Theory]
    [InlineData("secp256k1")]
    [InlineData("brainpoolP256r1")]
    public void Another_curve_of_the_same_size_is_no_key(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        Assert.False(EllipticKey.TryOf(key, out _));
        Assert.False(EllipticKey.TryParsePem(key.ExportSubjectPublicKeyInfoPem(), out _));
    }

    [Fact]
    public void A_package_is_signed_over_its_files_and_a_third_party_can_verify_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PackageManifest manifest = SamplePackages.Built.Manifest;
        using EllipticKey verifier = Public(key);
        ModelStatement statement = Verified(ModelSignature.Of(manifest, key), verifier);
        Assert.Equal(manifest.Name, statement.Name);
        Assert.Equal(
            manifest.AllFiles().Select(file => (file.Path, file.Digest)).Distinct().Order(),
            statement.Resources.Select(resource => (resource.Name, resource.Digest)).Order());
    }

    [Fact]
    public void Names_of_files_are_written_as_the_tool_writes_them_and_read_back()
    {
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        string[] names = ["plain", "Größe", "\u001b\u007f\"\\", "模型/权重", "\U0001F980"];
        byte[] payload = ModelStatementFormat.Write(Statement(names));
        Assert.All(payload, one => Assert.InRange(one, (byte)'\n', (byte)'~'));
        Assert.Contains("\"Gr\\u00f6\\u00dfe\"", Encoding.ASCII.GetString(payload), StringComparison.Ordinal);
        Assert.Contains("\"\\ud83e\\udd80\"", Encoding.ASCII.GetString(payload), StringComparison.Ordinal);
        Assert.Equal(
            names.Order(StringComparer.Ordinal),
            Verified(ModelSignature.Sign(Statement(names), key), key)
                .Resources.Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Resources_stand_in_the_order_of_folders_and_code_points() => Assert.Equal(
        ["a", "a/x", "a/x/z", "a-b", "a.txt", "b", "\uFFFD", "\U0001F980"],
        Statement("\U0001F980", "b", "a.txt", "a-b", "\uFFFD", "a/x/z", "a/x", "a").Resources.Select(one => one.Name));

    [Fact]
    public void What_a_signer_left_out_is_recorded_and_read_back()
    {
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        ModelStatement statement = Statement("a") with { IgnoredPaths = ["cache", "notes.md"] };
        Assert.Equal<string>(["cache", "notes.md"], Verified(ModelSignature.Sign(statement, key), key).IgnoredPaths);
        Assert.True(ModelFiles.IsIgnored("cache/x/y", statement.IgnoredPaths));
        Assert.True(ModelFiles.IsIgnored("notes.md", statement.IgnoredPaths));
        Assert.False(ModelFiles.IsIgnored("cached", statement.IgnoredPaths));
    }

    [Fact]
    public void Every_difference_between_files_and_signature_is_named()
    {
        ModelStatement statement = Statement("same", "changed", "renamed", "missing");
        SignedFile[] found =
        [
            Resource("same"), Resource("changed") with { Digest = Digest.Of([9]) },
            Resource("renamed") with { Name = "other" }, Resource("added"),
        ];
        Assert.Equal(
            [
                ("KEDGE-TRUST-018", "changed"), ("KEDGE-TRUST-019", "missing"), ("KEDGE-TRUST-019", "renamed"),
                ("KEDGE-TRUST-020", "added"), ("KEDGE-TRUST-020", "other"),
            ],
            ModelFiles.Compare(statement, found).Select(one => (one.Code, one.Message.Split('\'')[1])));
        Assert.Empty(ModelFiles.Compare(statement, statement.Resources));
    }

    [Fact]
    public void A_reordered_list_is_refused_though_its_signature_is_good()
    {
        ModelStatement statement = Statement("a", "b");
        string right = Encoding.ASCII.GetString(ModelStatementFormat.Write(statement));
        string[] digests = [.. statement.Resources.Select(one => one.Digest.Hex)];
        string swapped = right.Replace(digests[0], "?", StringComparison.Ordinal)
            .Replace(digests[1], digests[0], StringComparison.Ordinal)
            .Replace("?", digests[1], StringComparison.Ordinal)
            .Replace("\"name\": \"a\"", "\"name\": \"?\"", StringComparison.Ordinal)
            .Replace("\"name\": \"b\"", "\"name\": \"a\"", StringComparison.Ordinal)
            .Replace("\"name\": \"?\"", "\"name\": \"b\"", StringComparison.Ordinal);
        Assert.Equal("KEDGE-TRUST-013", Code(swapped));
    }

    [Theory]
    [InlineData("\"name\": \"a\"", "\"name\": \"../a\"", "KEDGE-TRUST-021")]
    [InlineData("\"name\": \"a\"", "\"name\": \"/a\"", "KEDGE-TRUST-021")]
    [InlineData("\"name\": \"a\"", "\"name\": \"b\"", "KEDGE-TRUST-021")]
    [InlineData("\"name\": \"a\"", "\"name\": \".\"", "KEDGE-TRUST-021")]
    [InlineData("\"name\": \"a\"", "\"name\": \"a\", \"name\": \"a\"", "KEDGE-TRUST-012")]
    [InlineData("\"method\": \"files\"", "\"method\": \"shards\"", "KEDGE-TRUST-012")]
    [InlineData("\"hash_type\": \"sha256\"", "\"hash_type\": \"blake2b\"", "KEDGE-TRUST-012")]
    [InlineData("\"algorithm\": \"sha256\"", "\"algorithm\": \"md5\"", "KEDGE-TRUST-012")]
    [InlineData("signature/v1.0", "signature/v2.0", "KEDGE-TRUST-012")]
    [InlineData("Statement/v1", "Statement/v0.1", "KEDGE-TRUST-012")]
    [InlineData("\"subject\": [", "\"subject\": [], \"more\": [", "KEDGE-TRUST-012")]
    [InlineData("{\n  \"_type\"", "[\n  \"_type\"", "KEDGE-TRUST-012")]
    public void A_statement_that_says_something_else_is_refused_though_its_signature_is_good(
        string part, string other, string code)
    {
        string right = Encoding.ASCII.GetString(ModelStatementFormat.Write(Statement("a", "b")));
        int at = right.IndexOf(part, StringComparison.Ordinal);
        Assert.True(at >= 0);
        Assert.Equal(code, Code(right[..at] + other + right[(at + part.Length)..]));
    }

    [Theory]
    [InlineData("{\"mediaType\": ", "{\"mediaType\": \"x\", \"mediaType\": ")]
    [InlineData("bundle.v0.3+json", "bundle.v0.1+json")]
    [InlineData("\"dsseEnvelope\": ", "\"messageSignature\": ")]
    [InlineData("\"payload\": \"", "\"payload\": \"AAAA\", \"payload\": \"")]
    [InlineData("\"publicKey\": ", "\"certificate\": {\"rawBytes\": \"AAAA\"}, \"publicKey\": ")]
    [InlineData("\"publicKey\": ", "\"other\": ")]
    [InlineData("\"signatures\": [", "\"signatures\": [{\"sig\": \"AAAA\"}, ")]
    [InlineData("\"rawBytes\": \"", "\"rawBytes\": \"?")]
    [InlineData("]}}", "]}")]
    [InlineData("]}}", "]}} {}")]
    public void A_bundle_of_another_shape_is_refused(string part, string other)
    {
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        string right = Encoding.ASCII.GetString(ModelSignature.Sign(Statement("a"), key));
        Assert.Contains(part, right, StringComparison.Ordinal);
        int at = right.IndexOf(part, StringComparison.Ordinal);
        byte[] wrong = Encoding.ASCII.GetBytes(right[..at] + other + right[(at + part.Length)..]);
        Assert.Equal("KEDGE-TRUST-011", CodeOf(ModelSignature.Verify(wrong, key)));
    }

    [Fact]
    public void A_hint_of_another_key_is_refused_and_the_right_one_is_taken()
    {
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        string old = Encoding.ASCII.GetString(ModelSignature.Sign(Statement("a"), key));
        int begin = old.IndexOf("\"rawBytes\"", StringComparison.Ordinal);
        int end = old.IndexOf('}', begin);
        byte[] Hinted(string hint) =>
            Encoding.ASCII.GetBytes($"{old[..begin]}\"hint\": \"{hint}\"{old[end..]}");
        Assert.Single(Verified(Hinted(key.Hint), key).Resources);
        Assert.Equal("KEDGE-TRUST-014", CodeOf(ModelSignature.Verify(Hinted(new string('0', 64)), key)));
    }

    [Fact]
    public void A_signature_outlives_the_certificate_that_made_it()
    {
        using TestAuthority authority = new();
        byte[] bundle = ModelSignature.Sign(Statement("a"), authority.Key, [authority.Leaf, authority.Intermediate]);
        Assert.IsType<ModelSignatureOutcome.Verified>(ModelSignature.Verify(bundle, [authority.Root], []));

        byte[] bare = ModelSignature.Sign(Statement("a"), authority.Key, [authority.Leaf]);
        Assert.Equal("KEDGE-TRUST-016", CodeOf(ModelSignature.Verify(bare, [authority.Root], [])));
        Assert.IsType<ModelSignatureOutcome.Verified>(
            ModelSignature.Verify(bare, [authority.Root], [authority.Intermediate]));
    }

    [Fact]
    public void A_chain_that_did_not_hold_when_the_certificate_was_made_is_refused()
    {
        using TestAuthority ended = new(intermediateEnd: new DateTimeOffset(2020, 1, 9, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal("KEDGE-TRUST-016", ChainCode(ended));

        using TestAuthority noAuthority = new(isAuthority: false);
        Assert.Equal("KEDGE-TRUST-016", ChainCode(noAuthority));

        using TestAuthority notForSigning = new(X509KeyUsageFlags.KeyEncipherment);
        Assert.Equal("KEDGE-TRUST-017", ChainCode(notForSigning));
    }

    [Fact]
    public void A_signature_by_another_key_than_the_certificates_is_refused()
    {
        using TestAuthority authority = new();
        using EllipticKey other = NewKey(ECCurve.NamedCurves.nistP256);
        byte[] bundle = ModelSignature.Sign(Statement("a"), other, [authority.Leaf, authority.Intermediate]);
        Assert.Equal("KEDGE-TRUST-015", CodeOf(ModelSignature.Verify(bundle, [authority.Root], [])));
        byte[] damaged = ModelSignature.Sign(Statement("a"), authority.Key, [new byte[] { 0x30, 0x00 }]);
        Assert.Equal("KEDGE-TRUST-016", CodeOf(ModelSignature.Verify(damaged, [authority.Root], [])));
    }

    [Fact]
    public void Damaged_bundles_never_throw()
    {
        using TestAuthority authority = new();
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        byte[] byKey = ModelSignature.Sign(Statement("a", "b/c"), key);
        byte[] byCertificate =
            ModelSignature.Sign(Statement("a"), authority.Key, [authority.Leaf, authority.Intermediate]);
        Damage.Each(byKey, 1_000, bytes => ModelSignature.Verify(bytes, key));
        Damage.Each(byCertificate, 500, bytes => ModelSignature.Verify(bytes, [authority.Root], []));
        Damage.Each(
            ModelStatementFormat.Write(Statement("a", "b")), 4_000,
            static bytes => ModelStatementFormat.TryRead(bytes, out _));
    }

    private static string ChainCode(TestAuthority authority) => CodeOf(ModelSignature.Verify(
        ModelSignature.Sign(Statement("a"), authority.Key, [authority.Leaf, authority.Intermediate]),
        [authority.Root],
        []));

    private static string Code(string payload)
    {
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP256);
        byte[] bytes = Encoding.ASCII.GetBytes(payload);
        byte[] signature = key.Sign(Dsse.Encode(ModelStatementFormat.PayloadType, bytes));
        DsseEnvelope envelope = new()
        {
            PayloadType = ModelStatementFormat.PayloadType,
            Payload = bytes,
            Signatures = [new DsseSignature("", signature)],
        };
        byte[] bundle = SigstoreBundleFormat.Write(
            new SigstoreBundle(new SigningMaterial.PublicKey("", key.Pem), envelope), key.Details);
        return CodeOf(ModelSignature.Verify(bundle, key));
    }

    private static ModelStatement Statement(params string[] names) => new()
    {
        Name = "model",
        Resources = [.. names.Select(Resource).Order(SignedFile.Order)],
    };

    private static SignedFile Resource(string name) => new(name, Digest.Of(Encoding.UTF8.GetBytes(name)));

    private static ModelStatement Verified(byte[] bundle, EllipticKey key) =>
        Assert.IsType<ModelSignatureOutcome.Verified>(ModelSignature.Verify(bundle, key)).Statement;

    private static string CodeOf(ModelSignatureOutcome outcome) =>
        Assert.IsType<ModelSignatureOutcome.Refused>(outcome).Finding.Code;

    private static EllipticKey NewKey(ECCurve curve)
    {
        Assert.True(EllipticKey.TryOf(ECDsa.Create(curve), out EllipticKey? key));
        return key;
    }

    private static EllipticKey Public(ECDsa key)
    {
        Assert.True(EllipticKey.TryParsePem(key.ExportSubjectPublicKeyInfoPem(), out EllipticKey? read));
        return read;
    }
}
