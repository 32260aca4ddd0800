using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// The fleet's own certificate authority: an offline root signs an online intermediate, which signs the server and
/// every device. Names in requests are ignored: what a certificate says is what the server knows. ECDSA on P-256
/// (RFC 5280, RFC 5480). It holds no state; records of what was issued are the store's.
/// </summary>
public static class Authority
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>A new key on P-256.</summary>
    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>A self-signed root; its private key belongs into the owner's folder.</summary>
    public static X509Certificate2 CreateRoot(ECDsa key, DateTimeOffset now)
    {
        CertificateRequest request = new("CN=Kedge root", key, HashAlgorithmName.SHA256);
        AddAuthority(request, pathLength: 1);
        return request.CreateSelfSigned(
            now - ServerLimits.CertificateBackdate, now + ServerLimits.RootLifetime);
    }

    /// <summary>An intermediate that may sign end entities only.</summary>
    /// <param name="root">The root with its private key.</param>
    /// <param name="key">Key of the intermediate.</param>
    /// <param name="now">When.</param>
    /// <param name="number">Its number, from 1: two intermediates never have one name.</param>
    public static X509Certificate2 CreateIntermediate(
        X509Certificate2 root, ECDsa key, DateTimeOffset now, long number = 1)
    {
        string name = number == 1
            ? "CN=Kedge intermediate"
            : string.Create(CultureInfo.InvariantCulture, $"CN=Kedge intermediate {number}");
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        AddAuthority(request, pathLength: 0);
        using X509Certificate2 bare = Sign(request, root, now, ServerLimits.IntermediateLifetime);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate of the server itself, with its key.</summary>
    /// <param name="issuer">The intermediate with its private key.</param>
    /// <param name="key">The server's key.</param>
    /// <param name="names">Host names and addresses.</param>
    /// <param name="now">When.</param>
    public static X509Certificate2 IssueServer(
        X509Certificate2 issuer, ECDsa key, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        CertificateRequest request = new("CN=Kedge server", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        AddEndEntity(request, issuer, alternatives, ServerAuthentication);
        using X509Certificate2 bare = Sign(request, issuer, now, ServerLimits.ServerCertificateLifetime);
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate of a device.</summary>
    /// <param name="issuer">The intermediate with its private key.</param>
    /// <param name="spki">The device's public key, DER SubjectPublicKeyInfo, on P-256.</param>
    /// <param name="identity">Whose.</param>
    /// <param name="now">When.</param>
    /// <param name="lifetime">How long it is good for.</param>
    public static X509Certificate2 IssueDevice(
        X509Certificate2 issuer, PublicKey spki, DeviceIdentity identity, DateTimeOffset now, TimeSpan lifetime)
    {
        X500DistinguishedNameBuilder subject = new();
        subject.AddCommonName(identity.Device.ToString());
        CertificateRequest request = new(subject.Build(), spki, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternatives = new();
        alternatives.AddUri(identity.ToUri());
        AddEndEntity(request, issuer, alternatives, ClientAuthentication);
        return Sign(request, issuer, now, lifetime);
    }

    private static void AddAuthority(CertificateRequest request, int pathLength)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
    }

    private static void AddEndEntity(
        CertificateRequest request, X509Certificate2 issuer, SubjectAlternativeNameBuilder names, string usage)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
    }

    private static X509Certificate2 Sign(
        CertificateRequest request, X509Certificate2 issuer, DateTimeOffset now, TimeSpan lifetime)
    {
        DateTimeOffset start = now - ServerLimits.CertificateBackdate;
        DateTimeOffset end = now + lifetime;
        start = start < issuer.NotBefore.ToUniversalTime() ? issuer.NotBefore.ToUniversalTime() : start;
        end = end > issuer.NotAfter.ToUniversalTime() ? issuer.NotAfter.ToUniversalTime() : end;
        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // positive, and of one length (RFC 5280 §4.1.2.2)
        using ECDsa issuerKey = issuer.GetECDsaPrivateKey() ?? throw new InvariantException("the issuer has no key");
        X509SignatureGenerator generator = X509SignatureGenerator.CreateForECDsa(issuerKey);
        return request.Create(issuer.SubjectName, generator, start, end, serial);
    }
}
