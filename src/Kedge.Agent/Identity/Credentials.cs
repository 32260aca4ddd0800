using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Kedge.Agent.State;
using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Identity;

/// <summary>
/// The device's key, its certificate and what it got at enrolment. The key is made here and never leaves the device;
/// the certificate is replaced at each renewal. Files: <c>identity/key.pem</c> (mode 0600) and
/// <c>identity/enrolment</c>.
/// Used by the loop and the link: members are immutable or replaced whole.
/// </summary>
public sealed class Credentials
{
    private const string Folder = "identity";
    private const string KeyPath = Folder + "/key.pem";
    private readonly SafeFile _file;
    private readonly ECDsa _key;
    private volatile EnrolResponse _enrolment;
    private volatile X509Certificate2 _certificate;

    private Credentials(IDisk disk, ECDsa key, EnrolResponse enrolment, string incarnation)
    {
        _file = new SafeFile(disk, Folder, "enrolment");
        _key = key;
        _enrolment = enrolment;
        _certificate = Bind(enrolment, key);
        Root = X509Certificate2.CreateFromPem(enrolment.RootPem);
        Bundle = BundleKeeper.Open(disk, Root);
        Identity = new AgentIdentity
        {
            Tenant = new TenantId(enrolment.Tenant),
            Device = new DeviceId(enrolment.Device),
            DeviceKey = Digest.Of(key.ExportSubjectPublicKeyInfo()),
            Incarnation = incarnation,
            OwnerKey = enrolment.OwnerKey,
            OwnerVersion = Math.Max(1, enrolment.OwnerVersion),
        };
    }

    /// <summary>Who this device is.</summary>
    public AgentIdentity Identity { get; }

    /// <summary>The device's certificate with its key.</summary>
    public X509Certificate2 Certificate => _certificate;

    /// <summary>The pinned root.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The owner's documents that came with the certificate: to be offered, not yet judged.</summary>
    internal TrustDocuments Documents => _enrolment.Trust;

    /// <summary>The newest trust bundle.</summary>
    internal BundleKeeper Bundle { get; }

    /// <summary>
    /// The intermediate that issued the certificate, SHA-256 of its DER; null when it did not come with it.
    /// </summary>
    internal Digest? Issuer => Above() is [var issuer, ..] ? Digest.Of(issuer.RawData) : null;

    /// <summary>The certificates above the device's own that came with it; the root is not among them.</summary>
    internal X509Certificate2Collection Above()
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(_enrolment.CertificateChainPem);
        if (chain.Count > 0)
        {
            chain.RemoveAt(0);
        }

        return chain;
    }

    /// <summary>Host and port of the device link.</summary>
    public string Link => _enrolment.Link;

    /// <summary>Base address of content.</summary>
    public Uri Content => new(_enrolment.Content);

    /// <summary>Opens what an enrolment left; null when this folder is not enrolled.</summary>
    /// <exception cref="KedgeException">What is there cannot be used.</exception>
    public static Credentials? Open(IDisk disk)
    {
        SafeFile file = new(disk, Folder, "enrolment");
        if (file.Load().Content is not { } content || disk.Length(KeyPath) is null)
        {
            return null;
        }

        try
        {
            ECDsa key = ECDsa.Create();
            key.ImportFromPem(Encoding.ASCII.GetString(disk.Read(KeyPath, Limits.MiB)));
            int line = content.AsSpan().IndexOf((byte)'\n');
            EnrolResponse? enrolment =
                JsonSerializer.Deserialize(content.AsSpan(line + 1), WireJson.Default.EnrolResponse);
            return new Credentials(disk, key, enrolment!, Encoding.ASCII.GetString(content.AsSpan(0, line)));
        }
        catch (Exception e) when (e is CryptographicException or JsonException or ArgumentException
            or NullReferenceException or InvariantException)
        {
            throw new KedgeException(AgentErrors.NotEnrolled, $"the folder identity cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Keeps what an enrolment gave; the trust documents are kept beside it.</summary>
    internal static Credentials Create(IDisk disk, ECDsa key, EnrolResponse response, string incarnation)
    {
        disk.CreateFolder(Folder);
        using (IDiskFile file = disk.Open(KeyPath, DiskOpening.Create))
        {
            file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
            file.Sync();
        }

        // The bundle has a file of its own.
        response = response with { Bundle = "" };
        Credentials made = new(disk, key, response, incarnation);
        made.Save(response);
        return made;
    }

    /// <summary>The certificate request of a key: its names are ignored by the server.</summary>
    internal static string RequestPem(ECDsa key, string name) =>
        new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <summary>The body of a renewal.</summary>
    internal byte[] RenewRequest() => JsonSerializer.SerializeToUtf8Bytes(
        new RenewRequest
        {
            CsrPem = RequestPem(_key, Identity.Device.ToString()),
            CertificatePem = _certificate.ExportCertificatePem(),
        },
        WireJson.Default.RenewRequest);

    /// <summary>Takes the answer to a renewal; null when it was kept, else what is wrong.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="clock">The device's clock, and the time that the true one is not before; Unix milliseconds
    /// UTC.</param>
    /// <param name="bundle">What is wrong with the trust bundle that came with it; null when nothing is.</param>
    internal Finding? Renew(ReadOnlySpan<byte> json, (long WallMs, long FloorMs) clock, out Finding? bundle)
    {
        bundle = null;
        try
        {
            EnrolResponse? answer = JsonSerializer.Deserialize(json, WireJson.Default.EnrolResponse);
            if (answer is null || answer.Device != Identity.Device.ToString()
                || answer.Tenant != Identity.Tenant.ToString())
            {
                return AgentErrors.EnrolRefused.At("the renewed certificate is for another device");
            }

            // Root and owner key were pinned at enrolment: a renewal cannot replace them.
            EnrolResponse kept = answer with
            {
                RootPem = _enrolment.RootPem,
                OwnerKey = _enrolment.OwnerKey,
                OwnerVersion = _enrolment.OwnerVersion,
                Bundle = "",
            };
            X509Certificate2 certificate = Bind(kept, _key);
            Save(kept);
            _enrolment = kept;
            _certificate = certificate;
            bundle = Bundle.Offer(answer.Bundle, clock);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or JsonException or ArgumentException or DiskException)
        {
            return AgentErrors.EnrolRefused.At($"the renewed certificate cannot be used: {e.Message}");
        }
    }

    private static X509Certificate2 Bind(EnrolResponse enrolment, ECDsa key)
    {
        using X509Certificate2 bare = X509Certificate2.CreateFromPem(enrolment.CertificateChainPem);
        return bare.CopyWithPrivateKey(key);
    }

    private void Save(EnrolResponse response)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(response, WireJson.Default.EnrolResponse);
        _file.Save([.. Encoding.ASCII.GetBytes(Identity.Incarnation), (byte)'\n', .. json]);
    }
}
