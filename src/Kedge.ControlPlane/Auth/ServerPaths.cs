namespace Kedge.ControlPlane.Auth;

/// <summary>Where things lie in the server's data folder.</summary>
/// <param name="Folder">The data folder.</param>
public sealed record ServerPaths(string Folder)
{
    /// <summary>Root certificate; its key is in the owner's folder.</summary>
    public string RootCertificate => Path.Combine(Folder, "root.crt");

    /// <summary>Intermediate certificate.</summary>
    public string IntermediateCertificate => Path.Combine(Folder, "intermediate.crt");

    /// <summary>Key of the intermediate.</summary>
    public string IntermediateKey => Path.Combine(Folder, "intermediate.key");

    /// <summary>A new intermediate that is being put in place; it counts once the bundle names it.</summary>
    public string NextIntermediateCertificate => Path.Combine(Folder, "intermediate-next.crt");

    /// <summary>Key of that intermediate.</summary>
    public string NextIntermediateKey => Path.Combine(Folder, "intermediate-next.key");

    /// <summary>The trust bundle: which intermediates count, signed by the root.</summary>
    public string TrustBundle => Path.Combine(Folder, "trust-bundle");

    /// <summary>Certificate of the server.</summary>
    public string ServerCertificate => Path.Combine(Folder, "server.crt");

    /// <summary>Key of the server.</summary>
    public string ServerKey => Path.Combine(Folder, "server.key");

    /// <summary>Key that signs desired states.</summary>
    public string DesiredKey => Path.Combine(Folder, "desired.key");

    /// <summary>Public half of the owner key.</summary>
    public string OwnerPublic => Path.Combine(Folder, "owner.pub");

    /// <summary>Database of SQLite.</summary>
    public string Database => Path.Combine(Folder, "kedge.db");

    /// <summary>Chunks by digest.</summary>
    public string Chunks => Path.Combine(Folder, "chunks");

    /// <summary>Differences between files: a cache of this server's own.</summary>
    public string Deltas => Path.Combine(Folder, "deltas");

    /// <summary>Held open while a server works here.</summary>
    public string Lock => Path.Combine(Folder, "lock");

    /// <summary>Made last at first start: without it the first start begins again.</summary>
    public string Complete => Path.Combine(Folder, "first-start-complete");

    /// <summary>What a backup with keys holds beside the store.</summary>
    public IReadOnlyList<string> KeyFiles =>
    [
        RootCertificate, IntermediateCertificate, IntermediateKey, ServerCertificate, ServerKey, DesiredKey,
        OwnerPublic, TrustBundle, NextIntermediateCertificate, NextIntermediateKey, Complete,
    ];
}

/// <summary>Where things lie in the owner's folder, which belongs off the server.</summary>
/// <param name="Folder">The owner's folder.</param>
public sealed record OwnerPaths(string Folder)
{
    /// <summary>Key of the root certificate: signs a new intermediate.</summary>
    public string RootKey => Path.Combine(Folder, "root.key");

    /// <summary>Root certificate.</summary>
    public string RootCertificate => Path.Combine(Folder, "root.crt");

    /// <summary>The owner key: signs the policy and the list of desired keys.</summary>
    public string OwnerKey => Path.Combine(Folder, "owner.key");

    /// <summary>The owner key that is to follow, while the change is not done.</summary>
    public string NextOwnerKey => Path.Combine(Folder, "owner.next.key");

    /// <summary>The first key that may sign models.</summary>
    public string ModelSigningKey => Path.Combine(Folder, "model-signing.key");
}
