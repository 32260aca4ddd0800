using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Content.Trust.ModelSigning;

namespace Kedge.Content.Tests.Trust.ModelSigning;

/// <summary>A root, an intermediate and a signer's certificate that ended long ago.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TestAuthority(
        X509KeyUsageFlags usage = X509KeyUsageFlags.DigitalSignature, DateTimeOffset? intermediateEnd = null,
        bool isAuthority = true)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 root = Request("CN=root", rootKey, X509KeyUsageFlags.KeyCertSign, true)
            .CreateSelfSigned(Begin, Begin.AddYears(20));
        CertificateRequest middle = Request("CN=middle", middleKey, X509KeyUsageFlags.KeyCertSign, isAuthority);
        using X509Certificate2 issued =
            middle.Create(root, Begin, intermediateEnd ?? Begin.AddYears(10), [1]);
        using X509Certificate2 withKey = issued.CopyWithPrivateKey(middleKey);
        using X509Certificate2 leaf = Request("CN=signer", signer, usage, false).Create(
            new X500DistinguishedName("CN=middle"), X509SignatureGenerator.CreateForECDsa(middleKey),
            Begin.AddMonths(1), Begin.AddMonths(13), [2]);
        (Root, Intermediate, Leaf) = (root.RawData, withKey.RawData, leaf.RawData);
        Assert.True(EllipticKey.TryOf(signer, out EllipticKey? key));
        Key = key;
    }

    public ReadOnlyMemory<byte> Root { get; }

    public ReadOnlyMemory<byte> Intermediate { get; }

    public ReadOnlyMemory<byte> Leaf { get; }

    public EllipticKey Key { get; }

    public void Dispose() => Key.Dispose();

    private static CertificateRequest Request(string name, ECDsa key, X509KeyUsageFlags usage, bool isAuthority)
    {
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        return request;
    }
}
