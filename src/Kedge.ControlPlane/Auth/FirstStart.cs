using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Api;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Kedge.Wire.Trust;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Makes what a server needs before it can serve: authorities, keys, the documents that the owner signs, and the
/// administrator's credential. Root, owner and model-signing keys go into the owner's folder, apart from the server:
/// who steals the server cannot change what devices will run. Cut off anywhere, the next start begins again; once the
/// marker is there, nothing is ever made anew.
/// </summary>
public static class FirstStart
{
    /// <summary>Name of the credential of the administrator's context.</summary>
    public const string AdministratorName = "administrator";

    /// <summary>Makes keys, certificates and signed documents unless they are there.</summary>
    /// <returns>True when this was the first start.</returns>
    public static bool EnsureKeys(ServerOptions options, DateTimeOffset now)
    {
        ServerPaths paths = new(options.DataFolder);
        if (File.Exists(paths.Complete))
        {
            return false;
        }

        if (File.Exists(paths.Database) && !File.Exists(paths.IntermediateKey))
        {
            throw new KedgeException(ServerErrors.KeysMissing, $"{paths.Folder} was restored without its keys");
        }

        OwnerPaths owner = new(options.OwnerFolder);
        KeyFile.CreateFolder(owner.Folder);
        if (File.Exists(owner.OwnerKey) && !IsOurs(paths, owner))
        {
            throw new KedgeException(ServerErrors.OwnerFolder, $"{owner.Folder} holds an owner key already");
        }

        using ECDsa rootKey = Ensure(owner.RootKey);
        using ECDsa intermediateKey = Ensure(paths.IntermediateKey);
        using X509Certificate2 root = Authority.CreateRoot(rootKey, now);
        using X509Certificate2 intermediate = Authority.CreateIntermediate(root, intermediateKey, now);
        using ECDsa ownerKey = Ensure(owner.OwnerKey);
        using ECDsa modelKey = Ensure(owner.ModelSigningKey);
        using ECDsa desiredKey = Ensure(paths.DesiredKey);
        using ECDsa serverKey = Ensure(paths.ServerKey);
        KeyFile.WritePublic(owner.RootCertificate, root.ExportCertificatePem() + "\n");
        KeyFile.WritePublic(paths.RootCertificate, root.ExportCertificatePem() + "\n");
        KeyFile.WritePublic(paths.IntermediateCertificate, intermediate.ExportCertificatePem() + "\n");
        TrustBundle bundle = IntermediateRotation.FirstBundle(intermediate);
        KeyFile.WritePublic(paths.TrustBundle, TrustBundleFormat.Sign(bundle, rootKey));
        File.Delete(paths.ServerCertificate);
        KeyFile.WritePublic(paths.OwnerPublic, ownerKey.ExportSubjectPublicKeyInfoPem() + "\n");
        return true;
    }

    /// <summary>
    /// Puts the first signed documents and the administrator's credential into the store, then sets the marker.
    /// </summary>
    /// <param name="options">Where.</param>
    /// <param name="store">The store.</param>
    /// <param name="address">Base address for the context, <c>https://host:port</c>.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task CompleteAsync(
        ServerOptions options, IKedgeStore store, string address, DateTimeOffset now, CancellationToken ct)
    {
        ServerPaths paths = new(options.DataFolder);
        OwnerPaths owner = new(options.OwnerFolder);
        using ECDsa ownerKey = KeyFile.ReadKey(owner.OwnerKey);
        using ECDsa modelKey = KeyFile.ReadKey(owner.ModelSigningKey);
        using ECDsa desiredKey = KeyFile.ReadKey(paths.DesiredKey);
        long atMs = now.ToUnixTimeMilliseconds();
        byte[] keys = new DesiredKeys(1, [TrustedKey.Of(desiredKey)]).Sign(ownerKey);
        byte[] policy = Dsse.Sign(SigningPolicyFormat.PayloadType, FirstPolicy(TrustedKey.Of(modelKey)), ownerKey);
        await PutAsync(store, options.Tenant, TrustKind.DesiredKeys, keys, atMs, ct).ConfigureAwait(false);
        await PutAsync(store, options.Tenant, TrustKind.SigningPolicy, policy, atMs, ct).ConfigureAwait(false);
        await WriteContextAsync(options, store, address, atMs, ct).ConfigureAwait(false);
        KeyFile.WritePublic(paths.Complete, $"{now:u}\n");
    }

    private static async Task WriteContextAsync(
        ServerOptions options, IKedgeStore store, string address, long atMs, CancellationToken ct)
    {
        string token = Secrets.NewBearer();
        await store.Credentials.DeleteAsync(options.Tenant, AdministratorName, ct).ConfigureAwait(false);
        CredentialRow row = new()
        {
            Name = AdministratorName,
            Hash = Secrets.HashOf(token),
            Roles = [Roles.Admin],
            CreatedAtMs = atMs,
        };
        CreateVerdict verdict =
            await store.Credentials.CreateAsync(options.Tenant, row, ct).ConfigureAwait(false);
        Check.That(verdict == CreateVerdict.Created);
        KedgeContext context = new()
        {
            Name = options.ContextName,
            Server = address,
            RootPem = File.ReadAllText(new ServerPaths(options.DataFolder).RootCertificate),
            Token = token,
            OwnerFolder = Path.GetFullPath(options.OwnerFolder),
        };
        ContextDocument.Load(options.ContextFile).With(context).Save(options.ContextFile);
    }

    private static byte[] FirstPolicy(TrustedKey modelKey) => SigningPolicyFormat.Write(new SigningPolicyDocument
    {
        Version = 1,
        Rules =
        [
            new PolicyRule
            {
                KeyId = modelKey.KeyId,
                PublicKey = modelKey.PublicKey,
                Models = ["*"],
                Reason = "made at the server's first start",
            },
        ],
    });

    private static async Task PutAsync(
        IKedgeStore store, TenantId tenant, TrustKind kind, byte[] envelope, long atMs, CancellationToken ct)
    {
        if (await store.Trust.LatestAsync(tenant, kind, ct).ConfigureAwait(false) is not null)
        {
            return;
        }

        Check.That(Dsse.TryParse(envelope, out DsseEnvelope? parsed, out _) && parsed is not null);
        TrustRow row = new()
        {
            Kind = kind,
            Version = 1,
            Content = Digest.Of(parsed.Payload.Span),
            Envelope = [.. envelope],
            AtMs = atMs,
        };
        await store.Trust.PutAsync(tenant, row, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// A first start that was cut off has left its owner key here and its public half in the data folder, or neither.
    /// </summary>
    private static bool IsOurs(ServerPaths paths, OwnerPaths owner)
    {
        using ECDsa key = KeyFile.ReadKey(owner.OwnerKey);
        return !File.Exists(paths.OwnerPublic)
            ? File.Exists(paths.IntermediateKey)
            : File.ReadAllText(paths.OwnerPublic).TrimEnd() == key.ExportSubjectPublicKeyInfoPem();
    }

    private static ECDsa Ensure(string path)
    {
        if (File.Exists(path))
        {
            return KeyFile.ReadKey(path);
        }

        ECDsa key = Authority.NewKey();
        KeyFile.WriteKey(path, key);
        return key;
    }
}
