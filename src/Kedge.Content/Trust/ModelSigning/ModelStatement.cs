using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Core;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>What a model signature says: a model's name and the digest of each of its files. Never compared.</summary>
public sealed record ModelStatement
{
    /// <summary>Name of the model, its folder's or file's as a rule: for people, it decides nothing.</summary>
    public required string Name { get; init; }

    /// <summary>The files, in <see cref="SignedFile.Order"/>, no name twice.</summary>
    public required ImmutableArray<SignedFile> Resources { get; init; }

    /// <summary>Paths below the model's folder that were left out on purpose, with all that lies in them.</summary>
    public ImmutableArray<string> IgnoredPaths { get; init; } = [];

    /// <summary>True when links were followed while signing. This code follows none.</summary>
    public bool AllowsLinks { get; init; }

    /// <summary>The digest of the model: SHA-256 over the digests of its files, in order, 32 bytes each.</summary>
    public Digest Root
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> one = stackalloc byte[Digest.HashBytes];
            foreach (SignedFile resource in Resources)
            {
                resource.Digest.CopyTo(one);
                hash.AppendData(one);
            }

            return Digest.FromHash(hash.GetHashAndReset());
        }
    }
}
