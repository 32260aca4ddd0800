using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>Which devices to list, in order of their names.</summary>
public sealed record DeviceQuery
{
    /// <summary>Only names after this; null from the start.</summary>
    public DeviceId? After { get; init; }

    /// <summary>Most rows, 1..<see cref="StoreLimits.PageRowsMax"/>.</summary>
    public int RowsMax { get; init; } = StoreLimits.PageRowsMax;

    /// <summary>Only rows that changed after this store revision; 0 for all.</summary>
    public long ChangedBeyond { get; init; }
}
