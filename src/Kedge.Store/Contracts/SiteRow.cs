namespace Kedge.Store.Contracts;

/// <summary>A site: a place whose devices share one line.</summary>
public sealed record SiteRow
{
    /// <summary>Its name, a DNS label.</summary>
    public required string Name { get; init; }

    /// <summary>What is asked of it; opaque JSON of the caller.</summary>
    public required string SpecJson { get; init; }

    /// <summary>When it was applied last with another spec, Unix ms.</summary>
    public required long AppliedAtMs { get; init; }

    /// <summary>Store revision that last changed it; written by the store.</summary>
    public long Revision { get; init; }
}
