using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;

namespace Kedge.Store.Contracts;

/// <summary>A token by which devices enrol; its secret is kept by its hash only. Never compared as a record.</summary>
public sealed record EnrolmentTokenRow
{
    /// <summary>Name for people, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the secret.</summary>
    public required Digest Hash { get; init; }

    /// <summary>From then on it is worth nothing, Unix ms.</summary>
    public required long ExpiresAtMs { get; init; }

    /// <summary>How many devices may use it, from 1.</summary>
    public required int UsesMax { get; init; }

    /// <summary>How many have; written by the store.</summary>
    public int Uses { get; init; }

    /// <summary>The only device that may use it; null for any name.</summary>
    public DeviceId? Device { get; init; }

    /// <summary>True when it lets new hardware take over a name; such a token names the device.</summary>
    public bool Replaces { get; init; }

    /// <summary>Labels of the devices that use it.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>When it was created, Unix ms.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Store revision that last changed it; written by the store.</summary>
    public long Revision { get; init; }
}
