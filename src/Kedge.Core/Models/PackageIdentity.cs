namespace Kedge.Core.Models;

/// <summary>What names one package for ever.</summary>
/// <param name="Name">The model's name, a DNS label.</param>
/// <param name="Digest">SHA-256 of the exact payload bytes of the signed envelope, which are the manifest's
/// JSON.</param>
public sealed record PackageIdentity(string Name, Digest Digest)
{
    /// <summary>The identity of a package whose envelope carries <paramref name="payload"/>.</summary>
    /// <param name="name">The model's name, from the manifest.</param>
    /// <param name="payload">The envelope's payload, after base64.</param>
    public static PackageIdentity Of(string name, ReadOnlySpan<byte> payload) => new(name, Digest.Of(payload));

    /// <inheritdoc/>
    public override string ToString() => $"{Name}@{Digest}";
}
