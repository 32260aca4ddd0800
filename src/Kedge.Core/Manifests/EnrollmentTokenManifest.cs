using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>A permission to enrol, as a manifest asks for it. Never compared as a record.</summary>
public sealed record EnrollmentTokenManifest
{
    /// <summary>The token's own name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>The only device that may enrol with it; null for any.</summary>
    public required DeviceId? Device { get; init; }

    /// <summary>Labels that each device gets that enrols with it.</summary>
    public required ImmutableSortedDictionary<string, string> Labels { get; init; }

    /// <summary>How many devices may enrol with it, at least 1.</summary>
    public required int UsesMax { get; init; }

    /// <summary>How long it is good for.</summary>
    public required TimeSpan Lifetime { get; init; }
}
