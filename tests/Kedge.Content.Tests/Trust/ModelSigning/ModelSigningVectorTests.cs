using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.Content.Tests.Trust.ModelSigning;

/// <summary>What the project's own tool signed is verified here, and what is signed here has its bytes.</summary>
public sealed partial class ModelSigningVectorTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_vector_of_the_tool_verifies_with_its_files()
    {
        if (!Found())
        {
            return;
        }

        using EllipticKey key = Vectors.Key();
        foreach (string vector in Vectors.ByKey)
        {
            Holds(vector, ModelSignature.Verify(Vectors.Signature(vector), key));
        }

        foreach (string vector in Vectors.ByCertificate)
        {
            Holds(vector, ModelSignature.Verify(
                Vectors.Signature(vector), Vectors.Certificates("ca-cert.pem"), more: []));
        }

        output.WriteLine("4 vectors verified.");
    }

    [Fact]
    public void A_vector_is_refused_by_another_key_another_root_and_another_way_of_verifying()
    {
        if (!Found())
        {
            return;
        }

        using EllipticKey right = Vectors.Key();
        using EllipticKey wrong = NewKey(ECCurve.NamedCurves.nistP384);
        ImmutableArray<ReadOnlyMemory<byte>> stranger = [SelfSigned("CN=root-ca")];
        foreach (string vector in Vectors.ByKey)
        {
            byte[] bundle = Vectors.Signature(vector);
            Assert.Equal("KEDGE-TRUST-014", CodeOf(ModelSignature.Verify(bundle, wrong)));
            Assert.Equal(
                "KEDGE-TRUST-014",
                CodeOf(ModelSignature.Verify(bundle, Vectors.Certificates("ca-cert.pem"), [])));
        }

        foreach (string vector in Vectors.ByCertificate)
        {
            byte[] bundle = Vectors.Signature(vector);
            Assert.Equal("KEDGE-TRUST-014", CodeOf(ModelSignature.Verify(bundle, right)));
            Assert.Equal("KEDGE-TRUST-016", CodeOf(ModelSignature.Verify(bundle, stranger, [])));

            // An intermediate is no root: who has it could be cut off by the root.
            Assert.Equal(
                "KEDGE-TRUST-016",
                CodeOf(ModelSignature.Verify(bundle, Vectors.Certificates("int-ca-cert.pem"), [])));
        }
    }

    [Fact]
    public void Any_changed_character_of_a_vector_is_refused_or_changes_nothing_that_was_signed()
    {
        if (!Found())
        {
            return;
        }

        using EllipticKey key = Vectors.Key();
        byte[] bundle = Vectors.Signature("v1.0.1-elliptic-key");
        ModelStatement original = Statement(ModelSignature.Verify(bundle, key));
        int refused = 0;
        for (int at = 0; at < bundle.Length; at += 3)
        {
            byte[] damaged = [.. bundle];
            damaged[at] ^= 1;
            if (ModelSignature.Verify(damaged, key) is ModelSignatureOutcome.Verified verified)
            {
                Assert.Equal(original.Root, verified.Statement.Root);
                Assert.Equal<SignedFile>(original.Resources, verified.Statement.Resources);
            }
            else
            {
                refused++;
            }

            Assert.IsType<ModelSignatureOutcome.Refused>(ModelSignature.Verify(bundle.AsSpan(0, at), key));
        }

        // What may change is a word that nobody reads: the kind of key that stands beside its PEM, a space.
        Assert.InRange(refused, bundle.Length / 3 * 9 / 10, bundle.Length);
    }

    [Fact]
    public void A_bundle_by_key_has_the_bytes_of_the_tool_but_for_key_and_signature()
    {
        if (!Found())
        {
            return;
        }

        const string vector = "v1.0.1-elliptic-key";
        using EllipticKey key = NewKey(ECCurve.NamedCurves.nistP384);
        byte[] signed = ModelSignature.Sign(
            new ModelStatement { Name = vector, Resources = Vectors.Files(vector) }, key);
        Assert.Equal(Masked(Vectors.Signature(vector)), Masked(signed));
        Holds(vector, ModelSignature.Verify(signed, key));
    }

    [Fact]
    public void A_bundle_by_certificate_has_the_bytes_of_the_tool_but_for_certificates_and_signature()
    {
        if (!Found())
        {
            return;
        }

        const string vector = "v1.0.1-certificate";
        using TestAuthority authority = new();
        byte[] signed = ModelSignature.Sign(
            new ModelStatement { Name = vector, Resources = Vectors.Files(vector) },
            authority.Key,
            [authority.Leaf, authority.Intermediate]);
        Assert.Equal(Masked(Vectors.Signature(vector)), Masked(signed));
        Holds(vector, ModelSignature.Verify(signed, [authority.Root], []));
    }

    private bool Found() =>
        FromElsewhere.Find("model-signing", "4 models signed by the OpenSSF tool", output.WriteLine) is not null;

    private static void Holds(string vector, ModelSignatureOutcome outcome)
    {
        ModelStatement statement = Statement(outcome);
        ImmutableArray<SignedFile> files = Vectors.Files(vector);
        if (statement.Resources is [{ Name: SignedFile.WholeModel }])
        {
            files = [files[0] with { Name = SignedFile.WholeModel }];
        }

        Assert.Empty(ModelFiles.Compare(statement, files));
    }

    private static ModelStatement Statement(ModelSignatureOutcome outcome) =>
        Assert.IsType<ModelSignatureOutcome.Verified>(outcome).Statement;

    private static string CodeOf(ModelSignatureOutcome outcome) =>
        Assert.IsType<ModelSignatureOutcome.Refused>(outcome).Finding.Code;

    private static string Masked(byte[] bundle) =>
        Secret().Replace(Encoding.UTF8.GetString(bundle), "$1...\"");

    private static EllipticKey NewKey(ECCurve curve)
    {
        Assert.True(EllipticKey.TryOf(ECDsa.Create(curve), out EllipticKey? key));
        return key;
    }

    private static ReadOnlyMemory<byte> SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = request.CreateSelfSigned(
            new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2045, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return root.RawData;
    }

    [GeneratedRegex("(\"(?:rawBytes|sig)\": \")[^\"]*\"")]
    private static partial Regex Secret();
}
