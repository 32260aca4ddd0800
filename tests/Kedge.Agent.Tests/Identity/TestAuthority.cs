using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kedge.Agent.Identity;
using Kedge.Core.Borders;
using Kedge.Wire;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Tests.Identity;

/// <summary>The server's authority of a test: it enrols and renews devices with real certificates.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private int _serial;

    public TestAuthority()
    {
        CertificateRequest request = new("CN=test root", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    /// <summary>Enrols a device with a certificate of that time.</summary>
    public Credentials Enrol(IDisk disk, AgentIdentity identity, DateTimeOffset from, TimeSpan life)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        EnrolResponse response = Answer(Credentials.RequestPem(key, "press-01"), identity, from, life);
        return Credentials.Create(disk, key, response, identity.Incarnation);
    }

    /// <summary>Answers a renewal.</summary>
    public byte[] Renew(byte[] request, AgentIdentity identity, DateTimeOffset from, TimeSpan life)
    {
        RenewRequest asked = JsonSerializer.Deserialize(request, WireJson.Default.RenewRequest)!;
        return JsonSerializer.SerializeToUtf8Bytes(
            Answer(asked.CsrPem, identity, from, life), WireJson.Default.EnrolResponse);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private EnrolResponse Answer(string csr, AgentIdentity identity, DateTimeOffset from, TimeSpan life)
    {
        CertificateRequest request = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256);
        using X509Certificate2 leaf = request.Create(_root, from, from + life, [1, (byte)++_serial]);
        return new EnrolResponse
        {
            Tenant = identity.Tenant.ToString(),
            Device = identity.Device.ToString(),
            CertificateChainPem = leaf.ExportCertificatePem(),
            RootPem = _root.ExportCertificatePem(),
            Link = "localhost:1",
            Content = "https://localhost:1",
            OwnerKey = identity.OwnerKey,
            Trust = new TrustDocuments { SigningPolicy = "", DesiredKeys = "" },
        };
    }
}
