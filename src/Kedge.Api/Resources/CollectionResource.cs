namespace Kedge.Api.Resources;

/// <summary>What a collection of content removed, or would remove. Bytes are those on the server's disk.</summary>
public sealed record CollectionResource
{
    /// <summary>True when nothing was removed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Chunks that no package holds, and that no push has touched for a day.</summary>
    public CollectedResource Chunks { get; init; } = new(0, 0);

    /// <summary>Files of chunks that the index does not know: what a cut-off upload leaves.</summary>
    public CollectedResource Orphans { get; init; } = new(0, 0);

    /// <summary>Differences from or to files of packages that are gone.</summary>
    public CollectedResource Deltas { get; init; } = new(0, 0);

    /// <summary>Half-written and damaged files.</summary>
    public CollectedResource Leftovers { get; init; } = new(0, 0);

    /// <summary>Chunks that were read and checked; 0 unless that was asked for.</summary>
    public int Verified { get; init; }

    /// <summary>
    /// Digests of chunks whose bytes had changed, at most 100; pushing their packages again mends them.
    /// </summary>
    public IReadOnlyList<string> Damaged { get; init; } = [];
}

/// <summary>Some files.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their length together, in bytes.</param>
public sealed record CollectedResource(int Count, long Bytes);
