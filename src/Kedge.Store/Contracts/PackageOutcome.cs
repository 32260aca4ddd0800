using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What became of a push.</summary>
[Closed]
public abstract record PackageOutcome
{
    private PackageOutcome()
    {
    }

    /// <summary>It is there now.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record Stored(PackageRow Row) : PackageOutcome;

    /// <summary>The same bytes were there.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record AlreadyThere(PackageRow Row) : PackageOutcome;

    /// <summary>The same payload is there in another envelope (signed otherwise): packages never change.</summary>
    /// <param name="Row">Its row.</param>
    public sealed record OtherEnvelope(PackageRow Row) : PackageOutcome;

    /// <summary>Chunks are not there: send them first. Never compared as a record.</summary>
    /// <param name="Missing">The first of them, at most 100.</param>
    public sealed record ChunksMissing(ImmutableArray<Digest> Missing) : PackageOutcome;
}
