using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>Some rows of a list. Never compared as a record.</summary>
/// <typeparam name="T">Kind of row.</typeparam>
public sealed record Page<T>
{
    /// <summary>The rows, in the order that the call names.</summary>
    public required ImmutableArray<T> Items { get; init; }

    /// <summary>Store revision at which they were read: wait beyond it, then read again.</summary>
    public required long Revision { get; init; }

    /// <summary>Where the next page starts; null when this was the last.</summary>
    public string? Next { get; init; }

    /// <summary>Rows that could not be read and were left out.</summary>
    public ImmutableArray<QuarantinedRow> Quarantined { get; init; } = [];
}
