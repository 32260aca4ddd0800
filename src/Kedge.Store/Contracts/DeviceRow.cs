using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;

namespace Kedge.Store.Contracts;

/// <summary>One device as the store knows it. Never compared as a record.</summary>
public sealed record DeviceRow
{
    /// <summary>Its name, unique within the tenant.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Random text of the installation that holds the name now.</summary>
    public required string Incarnation { get; init; }

    /// <summary>Digest of the SubjectPublicKeyInfo of its enrolled key.</summary>
    public required Digest Key { get; init; }

    /// <summary>
    /// Store revision that last changed labels, annotations, cordon, revocation or key: compare-and-set on it.
    /// </summary>
    public required long Revision { get; init; }

    /// <summary>Store revision that last changed anything but <see cref="LastSeenMs"/>: watch it.</summary>
    public required long ChangedAtRevision { get; init; }

    /// <summary>Labels that selectors match.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>Notes that nothing matches.</summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = LabelRules.None;

    /// <summary>True when nothing new is placed on it.</summary>
    public bool Cordoned { get; init; }

    /// <summary>When it was revoked, Unix ms; 0 while it is trusted.</summary>
    public long RevokedAtMs { get; init; }

    /// <summary>When this hardware was enrolled, Unix ms.</summary>
    public required long EnrolledAtMs { get; init; }

    /// <summary>True while a connection of it is open.</summary>
    public bool Connected { get; init; }

    /// <summary>Number of its newest connection, growing by one with each; 0 before the first.</summary>
    public long ConnectionEpoch { get; init; }

    /// <summary>Replica that holds or held the newest connection.</summary>
    public string Replica { get; init; } = "";

    /// <summary>When <see cref="Connected"/> last changed, Unix ms; 0 before the first connection.</summary>
    public long PresenceAtMs { get; init; }

    /// <summary>When it was last heard, Unix ms; 0 for never. Does not move a revision.</summary>
    public long LastSeenMs { get; init; }

    /// <summary>Sequence of the last report that was committed; 0 for none from this incarnation.</summary>
    public long LastSequence { get; init; }

    /// <summary>Newest status, whole, JSON; empty for none yet.</summary>
    public string StatusJson { get; init; } = "";

    /// <summary>When the status was received, Unix ms; 0 for never.</summary>
    public long StatusAtMs { get; init; }

    /// <summary>Generation that the newest status names.</summary>
    public Generation ReportedGeneration { get; init; }

    /// <summary>True when the newest status says that every workload serves its target.</summary>
    public bool Settled { get; init; }

    /// <summary>Newest facts, whole, JSON; empty for none yet.</summary>
    public string FactsJson { get; init; } = "";

    /// <summary>When the facts were received, Unix ms; 0 for never.</summary>
    public long FactsAtMs { get; init; }

    /// <summary>What it is asked to run.</summary>
    public required DesiredHead Desired { get; init; }
}
