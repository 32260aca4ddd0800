using System.Security.Cryptography.X509Certificates;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Judges a certificate that a device shows: issued by an intermediate of ours, for a client, in time, with a name of
/// ours. Whether the device is revoked or has other hardware by now is for the store to say.
/// </summary>
/// <param name="root">The root.</param>
/// <param name="intermediates">Every intermediate that has issued for devices.</param>
/// <param name="bundle">Which of them count now; null where all do.</param>
public sealed class DeviceCertificateCheck(
    X509Certificate2 root, IReadOnlyList<X509Certificate2> intermediates, TrustBundle? bundle)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The digest by which a public key is known everywhere: SHA-256 of its SubjectPublicKeyInfo.</summary>
    public static Digest KeyOf(X509Certificate2 certificate) =>
        Digest.Of(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>Judges one certificate.</summary>
    /// <param name="certificate">What was shown; null for nothing.</param>
    /// <param name="now">When.</param>
    /// <param name="acceptExpired">
    /// True where the enrolled key proves the rest, for renewal: also the issuer may count no more.
    /// </param>
    /// <param name="identity">Whose it is, when the answer is null.</param>
    /// <returns>Null when it is good, else what is wrong.</returns>
    public Finding? Judge(
        X509Certificate2? certificate, DateTimeOffset now, bool acceptExpired, out DeviceIdentity identity)
    {
        identity = default;
        if (certificate is null)
        {
            return EnrolErrors.NoCertificate.At("no certificate was shown");
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        bool built = chain.Build(certificate);
        Digest issuer = chain.ChainElements.Count > 1 ? Digest.Of(chain.ChainElements[1].Certificate.RawData) : default;
        for (int index = 1; index < chain.ChainElements.Count; index++)
        {
            chain.ChainElements[index].Certificate.Dispose();
        }

        if (!built || !DeviceIdentity.TryRead(certificate, out identity))
        {
            return EnrolErrors.ForeignCertificate.At(
                $"certificate {certificate.SerialNumber} of '{Shown(certificate.Subject)}' is none of this server's");
        }

        if (!acceptExpired && now.UtcDateTime > certificate.NotAfter.ToUniversalTime())
        {
            return EnrolErrors.CertificateExpired.At(
                $"the certificate of {identity.Device} ended {certificate.NotAfter.ToUniversalTime():u}");
        }

        if (!acceptExpired && bundle is not null && !bundle.Counts(issuer, now.ToUnixTimeMilliseconds()))
        {
            return EnrolErrors.CertificateExpired.At(
                $"the intermediate {issuer.Short} that issued for {identity.Device} counts no more");
        }

        return null;
    }

    private static string Shown(string subject) => subject.Length > 80 ? subject[..80] + "…" : subject;
}
