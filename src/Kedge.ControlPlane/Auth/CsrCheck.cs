using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Auth;

/// <summary>A device's public key, taken from a request that its own key signed (RFC 2986).</summary>
/// <param name="Key">The key, on P-256.</param>
/// <param name="Id">SHA-256 of its SubjectPublicKeyInfo.</param>
public sealed record ProvenKey(PublicKey Key, Digest Id);

/// <summary>Checks a certificate request. Only its key counts: names and extensions are ignored.</summary>
public static class CsrCheck
{
    private const int CsrCharsMax = 16 * Limits.KiB;

    /// <summary>Reads a request; null with a finding when it is no good.</summary>
    public static ProvenKey? TryRead(string pem, out Finding? finding)
    {
        finding = null;
        if (pem.Length > CsrCharsMax)
        {
            finding = EnrolErrors.BadRequest.At($"the request has {pem.Length} characters, {CsrCharsMax} are taken");
            return null;
        }

        try
        {
            // Loading verifies that the request is signed by the key that it holds.
            CertificateRequest request = CertificateRequest.LoadSigningRequestPem(
                pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
            using ECDsa? key = request.PublicKey.GetECDsaPublicKey();
            if (key?.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                return new ProvenKey(request.PublicKey, Digest.Of(request.PublicKey.ExportSubjectPublicKeyInfo()));
            }

            finding = EnrolErrors.BadRequest.At("the key is not ECDSA on P-256");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            finding = EnrolErrors.BadRequest.At($"the request cannot be read: {e.Message}");
        }

        return null;
    }
}
