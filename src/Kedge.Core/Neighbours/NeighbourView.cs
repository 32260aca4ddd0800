using System.Collections.Immutable;

namespace Kedge.Core.Neighbours;

/// <summary>What one device knows when it decides how to come by one file. Never compared.</summary>
public sealed record NeighbourView
{
    /// <summary>The package that it belongs to: it is by this that devices are ranked, for all that is in it.</summary>
    public required Digest Package { get; init; }

    /// <summary>This device.</summary>
    public required DeviceId Self { get; init; }

    /// <summary>
    /// What this device has announced: <see cref="OfferState.Wanted"/>, <see cref="OfferState.Following"/> or
    /// <see cref="OfferState.Claiming"/>. Where it is a claim, all others were asked after that.
    /// </summary>
    public required OfferState Own { get; init; }

    /// <summary>Verified chunks that this device has, 0..<see cref="Total"/> - 1.</summary>
    public required int Have { get; init; }

    /// <summary>Chunks of the file, from 1.</summary>
    public required int Total { get; init; }

    /// <summary>Neighbours that answered and are believed, in any order.</summary>
    public required ImmutableArray<NeighbourSeen> Others { get; init; }

    /// <summary>For how long this device has got no chunk.</summary>
    public required TimeSpan Elapsed { get; init; }
}
