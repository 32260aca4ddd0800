using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;

namespace Kedge.Agent.Identity;

/// <summary>
/// Judges the server's certificate against the pinned root alone: the machine's own list of authorities has no say.
/// Dates are judged with doubt, because a device's clock may start in 1970 or run ahead: a certificate is refused when
/// it ended before the floor, which the true time cannot be below, or when it ended and the clock is near the floor.
/// </summary>
internal static class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan Plausible = TimeSpan.FromDays(30);

    /// <summary>Null when it is good, else what is wrong.</summary>
    /// <param name="leaf">The server's certificate.</param>
    /// <param name="sent">Every certificate that came with it.</param>
    /// <param name="root">The pinned root.</param>
    /// <param name="errors">What the framework says; only the name counts.</param>
    /// <param name="clock">The device's clock, and the time that the true one is not before; Unix milliseconds
    /// UTC.</param>
    internal static string? Judge(
        X509Certificate2 leaf, X509Certificate2Collection sent, X509Certificate2 root, SslPolicyErrors errors,
        (long WallMs, long FloorMs) clock)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"its certificate is not for this name ({leaf.Subject})";
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (!chain.Build(leaf))
        {
            return "its certificate was not issued by the pinned authority";
        }

        foreach (X509ChainElement element in chain.ChainElements)
        {
            long end = new DateTimeOffset(element.Certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds();
            bool isPlausible = clock.WallMs <= clock.FloorMs + (long)Plausible.TotalMilliseconds;
            if (end < clock.FloorMs || (isPlausible && end < clock.WallMs))
            {
                return $"a certificate of its chain ended {element.Certificate.NotAfter.ToUniversalTime():u}";
            }
        }

        return null;
    }

    /// <summary>Every certificate that came with the server's own.</summary>
    internal static X509Certificate2Collection Sent(X509Chain? chain)
    {
        // Copies: the chain and what it holds end with the handshake.
        X509Certificate2Collection sent = [];
        foreach (X509Certificate2 certificate in chain?.ChainPolicy.ExtraStore ?? [])
        {
            _ = sent.Add(X509CertificateLoader.LoadCertificate(certificate.RawData));
        }

        return sent;
    }

    /// <summary>The certificate among those that came whose digest was pinned; null when none is.</summary>
    internal static X509Certificate2? FindRoot(X509Certificate2Collection sent, Digest fingerprint) =>
        sent.FirstOrDefault(c => Digest.Of(c.RawData) == fingerprint);
}
