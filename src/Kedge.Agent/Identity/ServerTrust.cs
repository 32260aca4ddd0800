using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;
using Kedge.Wire.Trust;

namespace Kedge.Agent.Identity;

/// <summary>
/// Judges the server's certificate against the pinned root alone: the machine's own list of authorities has no say.
/// Dates are judged with doubt, because a device's clock may start in 1970 or run ahead: a certificate is refused when
/// it ended before the floor, which the true time cannot be below, or when it ended and the clock is near the floor.
/// </summary>
internal static class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
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

        using X509Chain? chain = Build(leaf, sent, root, ServerAuthentication);
        if (chain is null)
        {
            return "its certificate was not issued by the pinned authority";
        }

        foreach (X509ChainElement element in chain.ChainElements)
        {
            long end = new DateTimeOffset(element.Certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds();
            if (HasEnded(end, clock))
            {
                return $"a certificate of its chain ended {element.Certificate.NotAfter.ToUniversalTime():u}";
            }
        }

        return null;
    }

    /// <summary>
    /// Null when every intermediate between the server's certificate and the root counts by the trust bundle, else
    /// which does not. Called for a certificate that <see cref="Judge"/> accepts.
    /// </summary>
    /// <param name="leaf">The server's certificate.</param>
    /// <param name="sent">Every certificate that came with it.</param>
    /// <param name="root">The pinned root.</param>
    /// <param name="bundle">The bundle held.</param>
    /// <param name="clock">As for <see cref="Judge"/>.</param>
    internal static string? JudgeIssuer(
        X509Certificate2 leaf, X509Certificate2Collection sent, X509Certificate2 root, TrustBundle bundle,
        (long WallMs, long FloorMs) clock)
    {
        using X509Chain? chain = Build(leaf, sent, root, ServerAuthentication);
        return JudgeIssuers(chain, bundle, clock);
    }

    /// <summary>
    /// Null when the pinned root stands above a certificate for a client, by intermediates that count, else what is
    /// wrong. Its own dates are not looked at.
    /// </summary>
    /// <param name="leaf">The certificate of a device.</param>
    /// <param name="sent">Every certificate that came with it.</param>
    /// <param name="root">The pinned root.</param>
    /// <param name="bundle">The bundle held; null for none.</param>
    /// <param name="clock">As for <see cref="Judge"/>.</param>
    internal static string? JudgeClient(
        X509Certificate2 leaf, X509Certificate2Collection sent, X509Certificate2 root, TrustBundle? bundle,
        (long WallMs, long FloorMs) clock)
    {
        using X509Chain? chain = Build(leaf, sent, root, ClientAuthentication);
        return chain is null ? "its certificate was not issued by the pinned authority for a device"
            : bundle is null ? null
            : JudgeIssuers(chain, bundle, clock);
    }

    private static string? JudgeIssuers(X509Chain? chain, TrustBundle bundle, (long WallMs, long FloorMs) clock)
    {
        foreach (X509ChainElement element in chain?.ChainElements.Skip(1).SkipLast(1) ?? [])
        {
            Digest id = Digest.Of(element.Certificate.RawData);
            if (bundle.Find(id) is not { } listed || HasEnded(listed.UntilMs, clock))
            {
                return $"its intermediate {id.Short} does not count by trust bundle {bundle.Version}";
            }
        }

        return null;
    }

    /// <summary>True when a time is over by a clock that may be wrong.</summary>
    /// <param name="endMs">The time, Unix milliseconds UTC.</param>
    /// <param name="clock">As for <see cref="Judge"/>.</param>
    internal static bool HasEnded(long endMs, (long WallMs, long FloorMs) clock)
    {
        bool isPlausible = clock.WallMs <= clock.FloorMs + (long)Plausible.TotalMilliseconds;
        return endMs < clock.FloorMs || (isPlausible && endMs < clock.WallMs);
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

    /// <summary>The chain to the root, times aside; null when there is none.</summary>
    private static X509Chain? Build(
        X509Certificate2 leaf, X509Certificate2Collection sent, X509Certificate2 root, string usage)
    {
        X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
        if (chain.Build(leaf))
        {
            return chain;
        }

        chain.Dispose();
        return null;
    }
}
