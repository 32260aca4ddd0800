using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// The keys and certificates that a running server holds. Its own certificate is renewed here and swapped while
/// connections go on; everything else stays as it was read.
/// </summary>
public sealed class ServerKeys : IDisposable
{
    private readonly ServerPaths _paths;
    private readonly IReadOnlyCollection<string> _names;
    private readonly ECDsa _serverKey;
    private readonly X509Certificate2 _intermediateWithKey;
    private volatile SslStreamCertificateContext _tls;

    private ServerKeys(ServerPaths paths, IReadOnlyCollection<string> names, TimeProvider time)
    {
        _paths = paths;
        _names = names;
        Root = X509CertificateLoader.LoadCertificateFromFile(paths.RootCertificate);
        IntermediateRotation.Finish(paths, Root);
        Intermediate = X509CertificateLoader.LoadCertificateFromFile(paths.IntermediateCertificate);
        using ECDsa intermediateKey = KeyFile.ReadKey(paths.IntermediateKey);
        _intermediateWithKey = Intermediate.CopyWithPrivateKey(intermediateKey);
        DesiredKey = KeyFile.ReadKey(paths.DesiredKey);
        _serverKey = KeyFile.ReadKey(paths.ServerKey);
        Check.That(TrustedKey.TryParsePem(File.ReadAllText(paths.OwnerPublic), out TrustedKey? owner));
        Owner = owner;
        (BundleText, TrustBundle? bundle) = IntermediateRotation.ReadBundle(paths, Root);
        RequireNamed(bundle, Intermediate);
        Intermediates = bundle is null
            ? [Intermediate]
            : [.. bundle.Intermediates.Select(i =>
                X509CertificateLoader.LoadCertificate(Convert.FromBase64String(i.Certificate)))];
        DeviceCheck = new DeviceCertificateCheck(Root, Intermediates, bundle);
        _tls = LoadOrIssue(time.GetUtcNow());
    }

    /// <summary>Root of the authority.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The intermediate that issues, without its key.</summary>
    public X509Certificate2 Intermediate { get; }

    /// <summary>That one and earlier ones whose certificates devices may still hold.</summary>
    public ImmutableArray<X509Certificate2> Intermediates { get; }

    /// <summary>
    /// The trust bundle as the root signed it; empty where the server was set up before there was one.
    /// </summary>
    public string BundleText { get; }

    /// <summary>Key that signs desired states.</summary>
    public ECDsa DesiredKey { get; }

    /// <summary>Public half of the owner key.</summary>
    public TrustedKey Owner { get; }

    /// <summary>Judges the certificates of devices.</summary>
    public DeviceCertificateCheck DeviceCheck { get; }

    /// <summary>The server's certificate with its chain, as TLS wants it.</summary>
    public SslStreamCertificateContext Tls => _tls;

    /// <summary>Fingerprint of the root, as enrolment tokens carry it.</summary>
    public Digest RootDigest => Digest.Of(Root.RawData);

    /// <summary>Reads everything; throws <c>KEDGE-SERVER-003</c> when a file is missing or damaged.</summary>
    /// <param name="paths">Where.</param>
    /// <param name="names">Names that the server's certificate must have.</param>
    /// <param name="time">Clock.</param>
    public static ServerKeys Load(ServerPaths paths, IReadOnlyCollection<string> names, TimeProvider time)
    {
        try
        {
            return new ServerKeys(paths, names, time);
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            throw new KedgeException(ServerErrors.KeysMissing, $"in {paths.Folder}: {e.Message}", e);
        }
    }

    /// <summary>Issues a certificate for a device.</summary>
    public X509Certificate2 IssueDevice(
        ProvenKey key, DeviceIdentity identity, DateTimeOffset now, TimeSpan lifetime) =>
        Authority.IssueDevice(_intermediateWithKey, key.Key, identity, now, lifetime);

    /// <summary>A device's certificate and the intermediate, PEM, leaf first.</summary>
    public string ChainOf(X509Certificate2 leaf) =>
        leaf.ExportCertificatePem() + "\n" + Intermediate.ExportCertificatePem() + "\n";

    /// <summary>Renews the server's certificate when a third of its life is left. True when it did.</summary>
    public bool RenewWhenDue(DateTimeOffset now)
    {
        TimeSpan left = _tls.TargetCertificate.NotAfter.ToUniversalTime() - now.UtcDateTime;
        if (left > ServerLimits.ServerCertificateLifetime / 3)
        {
            return false;
        }

        _tls = Issue(now);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        Intermediate.Dispose();
        foreach (X509Certificate2 intermediate in Intermediates)
        {
            intermediate.Dispose();
        }

        _intermediateWithKey.Dispose();
        _serverKey.Dispose();
        DesiredKey.Dispose();
    }

    private SslStreamCertificateContext LoadOrIssue(DateTimeOffset now)
    {
        if (!File.Exists(_paths.ServerCertificate))
        {
            return Issue(now);
        }

        using X509Certificate2 bare = X509CertificateLoader.LoadCertificateFromFile(_paths.ServerCertificate);
        bool fits = _names.All(name => bare.MatchesHostname(name))
            && bare.NotAfter.ToUniversalTime() - now.UtcDateTime > ServerLimits.ServerCertificateLifetime / 3
            && bare.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(
                _serverKey.ExportSubjectPublicKeyInfo())
            && IsOfIntermediate(bare);
        return fits ? Context(bare.CopyWithPrivateKey(_serverKey)) : Issue(now);
    }

    /// <summary>By key identifiers (RFC 5280 §4.2.1.1): after a rotation the old certificate fits no more.</summary>
    private bool IsOfIntermediate(X509Certificate2 certificate)
    {
        X509AuthorityKeyIdentifierExtension? authority =
            certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault();
        X509SubjectKeyIdentifierExtension? subject =
            Intermediate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault();
        return authority?.KeyIdentifier is { } issuer && subject is not null
            && issuer.Span.SequenceEqual(subject.SubjectKeyIdentifierBytes.Span);
    }

    /// <summary>A folder with the bundle of one rotation and the intermediate of another was copied in part.</summary>
    private static void RequireNamed(TrustBundle? bundle, X509Certificate2 intermediate)
    {
        Digest id = Digest.Of(intermediate.RawData);
        if (bundle is not null && bundle.Current.Id != id)
        {
            throw new KedgeException(
                ServerErrors.BadBundle,
                $"bundle {bundle.Version} names {bundle.Current.Id.Short}, the folder has {id.Short}");
        }
    }

    private SslStreamCertificateContext Issue(DateTimeOffset now)
    {
        X509Certificate2 issued = Authority.IssueServer(_intermediateWithKey, _serverKey, _names, now);
        KeyFile.WritePublic(_paths.ServerCertificate, issued.ExportCertificatePem() + "\n");
        return Context(issued);
    }

    private SslStreamCertificateContext Context(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, [Intermediate], offline: true);
}
