using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What people change about a device; null leaves a field as it is. Never compared as a record.</summary>
public sealed record DeviceWrite
{
    /// <summary>Which device.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Revision that the change was made from; null for whichever holds.</summary>
    public long? ExpectedRevision { get; init; }

    /// <summary>All labels from now on.</summary>
    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>All annotations from now on.</summary>
    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>Cordoned or not from now on.</summary>
    public bool? Cordoned { get; init; }
}
