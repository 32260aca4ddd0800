using System.Security.Cryptography.X509Certificates;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// How TLS looks at client certificates: it proves the key and fetches nothing; we judge the certificate after.
/// </summary>
internal static class TlsPolicy
{
    public static X509ChainPolicy Bare(ServerKeys keys)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(keys.Root);
        policy.ExtraStore.AddRange(keys.Intermediates.ToArray());
        return policy;
    }
}
