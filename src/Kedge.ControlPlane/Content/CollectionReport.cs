namespace Kedge.ControlPlane.Content;

/// <summary>What a collection freed, or what it would free. Bytes are those on the disk.</summary>
public sealed record CollectionReport
{
    /// <summary>Chunks that no package holds.</summary>
    public CollectedPart Chunks { get; init; }

    /// <summary>Files of chunks that the index does not know: what a cut-off upload or collection leaves.</summary>
    public CollectedPart Orphans { get; init; }

    /// <summary>Differences from or to files of packages that are gone.</summary>
    public CollectedPart Deltas { get; init; }

    /// <summary>Half-written and damaged files that nobody wants any more.</summary>
    public CollectedPart Leftovers { get; init; }

    /// <summary>Chunks that were read and checked, a count; 0 unless that was asked for.</summary>
    public int Verified { get; init; }

    /// <summary>Chunks that are damaged or missing though packages hold them; at most 100 are named.</summary>
    public IReadOnlyList<string> Damaged { get; init; } = [];
}

/// <summary>Some files.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their length together, in bytes.</param>
public readonly record struct CollectedPart(int Count, long Bytes)
{
    /// <summary>One more.</summary>
    public CollectedPart With(long bytes) => new(Count + 1, Bytes + bytes);

    /// <summary>Both together.</summary>
    public static CollectedPart operator +(CollectedPart one, CollectedPart other) =>
        new(one.Count + other.Count, one.Bytes + other.Bytes);
}
