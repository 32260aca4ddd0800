using System.Security.Cryptography;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Signing;
using Kedge.Wire.Trust;

namespace Kedge.Core.Tests.Wire;

public sealed class TrustBundleTests : IDisposable
{
    private const string One = "[{\"certificate\":\"AA==\",\"untilMs\":1,\"later\":2}]";
    private readonly ECDsa _root = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void What_was_signed_reads_back()
    {
        TrustBundle read = Open(TrustBundleFormat.Sign(Bundle(), _root), out Finding? finding)!;
        Assert.Null(finding);
        Assert.Equal((7, 5000), (read.Version, read.NotAfterMs));
        Assert.Equal(Bundle().Intermediates.AsEnumerable(), read.Intermediates);
        Assert.Equal(Bundle().Revoked.AsEnumerable(), read.Revoked);
    }

    [Fact]
    public void An_intermediate_counts_while_it_is_listed_not_revoked_and_before_its_end()
    {
        TrustBundle bundle = Bundle();
        Assert.True(bundle.Counts(Id("new"), 4999));
        Assert.False(bundle.Counts(Id("new"), 5000));
        Assert.True(bundle.Counts(Id("old"), 999));
        Assert.False(bundle.Counts(Id("old"), 1000));
        Assert.False(bundle.Counts(Id("stolen"), 0));
        Assert.False(bundle.Counts(Id("unheard of"), 0));
    }

    [Fact]
    public void Any_flipped_bit_is_refused()
    {
        byte[] signed = Encoding.UTF8.GetBytes(TrustBundleFormat.Sign(Bundle(), _root));
        for (int i = 0; i < signed.Length; i++)
        {
            byte[] bad = [.. signed];
            bad[i] ^= 1;
            Assert.Null(Open(Encoding.UTF8.GetString(bad), out Finding? finding));
            Assert.NotNull(finding);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("{\"v\":2,\"version\":1,AT,\"intermediates\":ONE,\"revoked\":[]}")]
    [InlineData("{\"v\":1,\"version\":0,AT,\"intermediates\":ONE,\"revoked\":[]}")]
    [InlineData("{\"v\":1,\"version\":1,AT,\"intermediates\":[],\"revoked\":[]}")]
    [InlineData("{\"v\":1,\"version\":1,AT,\"intermediates\":[{\"certificate\":\"!\",\"untilMs\":1}],\"revoked\":[]}")]
    [InlineData("{\"v\":1,\"version\":1,AT,\"intermediates\":[{\"certificate\":\"\",\"untilMs\":1}],\"revoked\":[]}")]
    [InlineData("{\"v\":1,\"version\":1,AT,\"intermediates\":ONE,\"revoked\":[\"x\"]}")]
    public void What_the_root_signed_and_is_no_bundle_is_refused(string body)
    {
        body = body.Replace("ONE", One, StringComparison.Ordinal)
            .Replace("AT,", "\"notAfterMs\":1,", StringComparison.Ordinal);
        string signed = Encoding.UTF8.GetString(SignedMessage.Sign(Encoding.UTF8.GetBytes(body), _root));
        Assert.Null(Open(signed, out Finding? finding));
        Assert.Equal(WireErrors.Malformed.Code, finding!.Code);
    }

    [Fact]
    public void A_field_of_a_later_version_is_skipped()
    {
        const string Body =
            $$"""{"v":1,"version":1,"notAfterMs":1,"later":[1],"intermediates":{{One}},"revoked":[]}""";
        string signed = Encoding.UTF8.GetString(SignedMessage.Sign(Encoding.UTF8.GetBytes(Body), _root));
        Assert.Equal(1, Open(signed, out _)!.Version);
    }

    [Fact]
    public void More_than_the_bounds_allow_is_refused()
    {
        TrustBundle many = Bundle() with
        {
            Intermediates = [.. Enumerable.Repeat(Bundle().Current, TrustBundle.IntermediatesMax + 1)],
        };
        Assert.Null(Open(TrustBundleFormat.Sign(many, _root), out _));
        TrustBundle revoked = Bundle() with { Revoked = [.. Enumerable.Repeat(Id("x"), TrustBundle.RevokedMax + 1)] };
        Assert.Null(Open(TrustBundleFormat.Sign(revoked, _root), out _));
    }

    private TrustBundle? Open(string signed, out Finding? finding) =>
        TrustBundleFormat.TryOpen(signed, _root.ExportSubjectPublicKeyInfo(), out finding);

    private static Digest Id(string name) => Digest.Of(Encoding.UTF8.GetBytes(name));

    private static BundleIntermediate Named(string name, long untilMs) =>
        BundleIntermediate.Of(Encoding.UTF8.GetBytes(name), untilMs);

    private static TrustBundle Bundle() => new()
    {
        Version = 7,
        NotAfterMs = 5000,
        Intermediates = [Named("new", 5000), Named("old", 1000), Named("stolen", 1000)],
        Revoked = [Id("stolen")],
    };
}
