using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Wire.Trust;

/// <summary>
/// Which intermediates of the authority count. The offline root signs it, so that neither a stolen intermediate nor a
/// stolen server can make itself count for longer; its version only grows, so that nobody can bring an old one back.
/// Never compared as a record.
/// </summary>
public sealed record TrustBundle
{
    /// <summary>Most intermediates of one bundle: one that issues, and earlier ones that devices still hold.</summary>
    public const int IntermediatesMax = 8;

    /// <summary>Most intermediates that are named as revoked.</summary>
    public const int RevokedMax = 64;

    /// <summary>From 1, growing.</summary>
    public required long Version { get; init; }

    /// <summary>Nobody takes it anew from this time on, Unix milliseconds UTC.</summary>
    public required long NotAfterMs { get; init; }

    /// <summary>1 to <see cref="IntermediatesMax"/>: the one that issues, then earlier ones, newest first.</summary>
    public required ImmutableArray<BundleIntermediate> Intermediates { get; init; }

    /// <summary>Intermediates that count no more, whatever the list says: SHA-256 of the DER.</summary>
    public ImmutableArray<Digest> Revoked { get; init; } = [];

    /// <summary>The intermediate that issues.</summary>
    public BundleIntermediate Current => Intermediates[0];

    /// <summary>Finds an intermediate that is listed and not revoked; null when there is none.</summary>
    /// <param name="id">SHA-256 of its DER.</param>
    public BundleIntermediate? Find(Digest id) =>
        Revoked.Contains(id) ? null : Intermediates.FirstOrDefault(i => i.Id == id);

    /// <summary>True when an intermediate counts at a time.</summary>
    /// <param name="id">SHA-256 of its DER.</param>
    /// <param name="atMs">The time, Unix milliseconds UTC.</param>
    public bool Counts(Digest id, long atMs) => Find(id) is { } found && atMs < found.UntilMs;
}
