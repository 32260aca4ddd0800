using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;

namespace Kedge.Store.Contracts;

/// <summary>A device that takes a name, or new hardware that takes over one. Never compared as a record.</summary>
public sealed record DeviceEnrolment
{
    /// <summary>The name.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Random text of this installation, at most 63 characters.</summary>
    public required string Incarnation { get; init; }

    /// <summary>Digest of the SubjectPublicKeyInfo of its key.</summary>
    public required Digest Key { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>Labels; a replacement keeps those of the name and ignores these.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>Hash of the token that is used up in the same transaction; null where a person vouches.</summary>
    public Digest? TokenHash { get; init; }

    /// <summary>Certificate that is recorded in the same transaction; null when it is recorded later.</summary>
    public CertificateRow? Certificate { get; init; }
}
