using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// Judges the certificate of a model signature. The chain has to lead to a root that the verifier was given, by the
/// rules of RFC 5280 as the framework checks them; the machine's list of authorities has no say and nothing is fetched.
/// When a model was signed is not known, so all dates are judged at the time from which the signer's certificate
/// counts, as the model-signing tool does: a signature does not end with the certificate that made it. Who wants a
/// signature to end takes its root, or its key, away.
/// </summary>
public static class SigningCertificates
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>The key of the signer's certificate; null with a finding when it may not sign.</summary>
    /// <param name="chain">Certificates in DER, the signer's first.</param>
    /// <param name="roots">Roots in DER that count.</param>
    /// <param name="finding">What is wrong; null when there is a key.</param>
    public static EllipticKey? TryKey(
        ImmutableArray<ReadOnlyMemory<byte>> chain, ImmutableArray<ReadOnlyMemory<byte>> roots, out Finding? finding)
    {
        try
        {
            return Judge(Load(chain), Load(roots), out finding);
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            // The framework's way of saying that a certificate is damaged, or its curve another than ours.
            finding = ModelSigningErrors.Chain.At("A certificate cannot be read.");
            return null;
        }
    }

    /// <summary>Certificates in DER out of a file of PEM blocks; false when there is none, or one cannot be
    /// read.</summary>
    public static bool TryParsePem(ReadOnlySpan<char> pem, out ImmutableArray<ReadOnlyMemory<byte>> certificates)
    {
        X509Certificate2Collection read = [];
        try
        {
            read.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // The framework's way of saying that a block is damaged: the answer is false.
        }

        certificates = [.. read.Select(static one => (ReadOnlyMemory<byte>)one.RawData)];
        return certificates.Length is > 0 and <= ContentLimits.ChainMax;
    }

    private static EllipticKey? Judge(
        X509Certificate2Collection chain, X509Certificate2Collection roots, out Finding? finding)
    {
        X509Certificate2 leaf = chain[0];
        using X509Chain path = new();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.AddRange(roots);
        path.ChainPolicy.ExtraStore.AddRange(chain);
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        path.ChainPolicy.DisableCertificateDownloads = true;
        path.ChainPolicy.VerificationTime = leaf.NotBefore;
        if (!path.Build(leaf))
        {
            string why = string.Join(", ", path.ChainStatus.Select(static one => one.Status.ToString()).Distinct());
            finding = ModelSigningErrors.Chain.At(string.Create(
                CultureInfo.InvariantCulture,
                $"{leaf.Subject}: {why}, judged at {leaf.NotBefore.ToUniversalTime():u}."));
            return null;
        }

        if (!MaySign(leaf))
        {
            finding = ModelSigningErrors.Usage.At($"{leaf.Subject}: its key usage lacks signatures.");
            return null;
        }

        ECDsa? key = leaf.GetECDsaPublicKey();
        if (key is not null && EllipticKey.TryOf(key, out EllipticKey? taken))
        {
            finding = null;
            return taken;
        }

        key?.Dispose();
        finding = ModelSigningErrors.Usage.At($"{leaf.Subject}: its key is not on P-256, P-384 or P-521.");
        return null;
    }

    /// <summary>
    /// As the tool asks: key usage must be there and name signatures, or else extended usage names code.
    /// </summary>
    private static bool MaySign(X509Certificate2 leaf)
    {
        X509KeyUsageExtension? usage = leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        return usage is not null && (usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)
            || leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(static one =>
                one.EnhancedKeyUsages.Cast<Oid>().Any(static oid => oid.Value == CodeSigning)));
    }

    private static X509Certificate2Collection Load(ImmutableArray<ReadOnlyMemory<byte>> certificates) =>
        [.. certificates.Select(static one => X509CertificateLoader.LoadCertificate(one.Span)).ToArray()];
}
