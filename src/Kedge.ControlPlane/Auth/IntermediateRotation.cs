using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Makes a new intermediate on the data folder of a server that does not run. Problem: key, certificate and bundle are
/// three files, and power may be cut between them. Approach: key and certificate are written beside the old ones; the
/// bundle that names them is the commit; then they take the old ones' names. <see cref="Finish"/>, which every start
/// calls, does what a cut left over, or removes what was never committed.
/// </summary>
public static class IntermediateRotation
{
    /// <summary>Rotates.</summary>
    /// <param name="folder">The server's data folder; no server may hold it.</param>
    /// <param name="rootKey">Key of the root, from the owner's folder.</param>
    /// <param name="now">When.</param>
    /// <param name="keepOld">How long the old intermediate goes on to count; zero or less revokes it at once.</param>
    /// <returns>Version of the bundle that holds from here on, and the new intermediate, SHA-256 of its DER.</returns>
    /// <exception cref="KedgeException">
    /// <c>KEDGE-SERVER-002</c> when a server holds the folder, <c>-003</c> when it holds no server's keys, <c>-012</c>
    /// when the root key is another's, <c>-013</c> when its bundle is damaged.
    /// </exception>
    public static (long Version, Digest Intermediate) Rotate(
        string folder, ECDsa rootKey, DateTimeOffset now, TimeSpan keepOld)
    {
        ServerPaths paths = new(folder);
        if (!File.Exists(paths.Complete))
        {
            throw new KedgeException(ServerErrors.KeysMissing, $"{folder} is no data folder of a server");
        }

        using FileStream held = ControlPlaneHost.Hold(paths.Lock);
        using X509Certificate2 bareRoot = X509CertificateLoader.LoadCertificateFromFile(paths.RootCertificate);
        if (!bareRoot.PublicKey.ExportSubjectPublicKeyInfo().AsSpan()
            .SequenceEqual(rootKey.ExportSubjectPublicKeyInfo()))
        {
            throw new KedgeException(ServerErrors.OtherRoot, $"the root of {folder} has another key");
        }

        Finish(paths, bareRoot);
        using X509Certificate2 root = bareRoot.CopyWithPrivateKey(rootKey);
        using X509Certificate2 old = X509CertificateLoader.LoadCertificateFromFile(paths.IntermediateCertificate);
        TrustBundle before = ReadBundle(paths, bareRoot).Bundle ?? FirstBundle(old);
        using ECDsa key = Authority.NewKey();
        using X509Certificate2 made = Authority.CreateIntermediate(root, key, now, before.Version + 1);
        TrustBundle after = Next(before, made, now, keepOld);
        KeyFile.WriteKey(paths.NextIntermediateKey, key);
        KeyFile.WritePublic(paths.NextIntermediateCertificate, made.ExportCertificatePem() + "\n");
        KeyFile.WritePublic(paths.TrustBundle, TrustBundleFormat.Sign(after, rootKey));
        Finish(paths, bareRoot);
        return (after.Version, after.Current.Id);
    }

    /// <summary>The bundle of a server whose intermediate was never rotated.</summary>
    /// <param name="intermediate">Its intermediate.</param>
    public static TrustBundle FirstBundle(X509Certificate2 intermediate) => new()
    {
        Version = 1,
        NotAfterMs = EndOf(intermediate),
        Intermediates = [BundleIntermediate.Of(intermediate.RawData, EndOf(intermediate))],
    };

    /// <summary>Ends what a rotation that was cut off began: forward when it was committed, back when not.</summary>
    internal static void Finish(ServerPaths paths, X509Certificate2 root)
    {
        if (!File.Exists(paths.NextIntermediateCertificate))
        {
            File.Delete(paths.NextIntermediateKey);
            return;
        }

        TrustBundle? bundle = ReadBundle(paths, root).Bundle;
        using X509Certificate2 next = X509CertificateLoader.LoadCertificateFromFile(paths.NextIntermediateCertificate);
        if (bundle?.Current.Id != Digest.Of(next.RawData))
        {
            File.Delete(paths.NextIntermediateCertificate);
            File.Delete(paths.NextIntermediateKey);
            return;
        }

        if (File.Exists(paths.NextIntermediateKey))
        {
            File.Move(paths.NextIntermediateKey, paths.IntermediateKey, overwrite: true);
        }

        // Last: while it is there, a start comes here again.
        File.Move(paths.NextIntermediateCertificate, paths.IntermediateCertificate, overwrite: true);
    }

    /// <summary>Reads the folder's bundle; empty and null where there is none.</summary>
    /// <param name="paths">The data folder.</param>
    /// <param name="root">The root that must have signed it.</param>
    public static (string Text, TrustBundle? Bundle) ReadBundle(ServerPaths paths, X509Certificate2 root)
    {
        if (!File.Exists(paths.TrustBundle))
        {
            return ("", null);
        }

        string text = File.ReadAllText(paths.TrustBundle);
        TrustBundle bundle = TrustBundleFormat.TryOpen(
            text, root.PublicKey.ExportSubjectPublicKeyInfo(), out Finding? finding)
            ?? throw new KedgeException(ServerErrors.BadBundle, $"{paths.TrustBundle}: {finding?.Message}");
        return (text, bundle);
    }

    private static TrustBundle Next(TrustBundle before, X509Certificate2 made, DateTimeOffset now, TimeSpan keepOld)
    {
        long untilMs = Math.Min(before.Current.UntilMs, (now + keepOld).ToUnixTimeMilliseconds());
        ImmutableArray<Digest> revoked = keepOld > TimeSpan.Zero
            ? before.Revoked
            : [before.Current.Id, .. before.Revoked.Take(TrustBundle.RevokedMax - 1)];
        return new TrustBundle
        {
            Version = before.Version + 1,
            NotAfterMs = EndOf(made),
            Intermediates =
            [
                BundleIntermediate.Of(made.RawData, EndOf(made)),
                before.Current with { UntilMs = untilMs },
                .. before.Intermediates.Skip(1).Take(TrustBundle.IntermediatesMax - 2),
            ],
            Revoked = revoked,
        };
    }

    private static long EndOf(X509Certificate2 certificate) =>
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds();
}
