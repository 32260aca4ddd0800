using System.Security.Cryptography.X509Certificates;
using Kedge.Agent.Identity;
using Kedge.Core;
using Kedge.Wire.Trust;

namespace Kedge.Agent.Neighbours;

/// <summary>A device as its certificate proves it.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Key">SHA-256 of its public key.</param>
internal sealed record Peer(DeviceId Device, Digest Key);

/// <summary>
/// Judges the certificate of another device, whichever side it stands on: issued by the pinned authority for a device
/// of the same tenant, by an intermediate that counts. That the device is of this site, and not revoked, is for the
/// roster to say, which names its key.
/// </summary>
internal static class PeerJudge
{
    /// <summary>The device; null when the certificate is not good.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="sent">Every certificate that came with it.</param>
    /// <param name="credentials">Whom we trust.</param>
    /// <param name="clock">The device's clock, and the time that the true one is not before; Unix milliseconds
    /// UTC.</param>
    /// <param name="why">What is wrong.</param>
    internal static Peer? Judge(
        X509Certificate2 leaf, X509Certificate2Collection sent, Credentials credentials,
        (long WallMs, long FloorMs) clock, out string why)
    {
        if (ServerTrust.JudgeClient(leaf, sent, credentials.Root, credentials.Bundle.Held, clock) is { } issuer)
        {
            why = issuer;
            return null;
        }

        DateTime counts = leaf.NotAfter.ToUniversalTime() + PeerLimits.CertificateGrace;
        if (ServerTrust.HasEnded(new DateTimeOffset(counts).ToUnixTimeMilliseconds(), clock))
        {
            why = $"its certificate ended {leaf.NotAfter.ToUniversalTime():u}";
            return null;
        }

        if (DeviceName.TryRead(leaf) is not { } name || name.Tenant != credentials.Identity.Tenant)
        {
            why = "its certificate names no device of this tenant";
            return null;
        }

        why = "";
        return new Peer(name.Device, Digest.Of(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
    }
}
