using System.Collections.Immutable;

namespace Kedge.Core.Neighbours;

/// <summary>What a device does next to come by a file.</summary>
[Closed]
public abstract class NeighbourMove
{
    private NeighbourMove()
    {
    }

    /// <summary>Take chunks from neighbours and announce <see cref="OfferState.Following"/>.</summary>
    public sealed class Take(ImmutableArray<NeighbourSource> from) : NeighbourMove
    {
        /// <summary>
        /// One to <see cref="NeighbourPlan.SourcesMax"/> neighbours with chunks that this device lacks; the best one
        /// first.
        /// </summary>
        public ImmutableArray<NeighbourSource> From { get; } = from;
    }

    /// <summary>Announce something, wait, ask again.</summary>
    public sealed class Wait(TimeSpan time, OfferState announce) : NeighbourMove
    {
        /// <summary>How long; zero to ask again at once.</summary>
        public TimeSpan Time { get; } = time;

        /// <summary>What to announce before the others are asked again.</summary>
        public OfferState Announce { get; } = announce;
    }

    /// <summary>Announce <see cref="OfferState.Leading"/> and fetch it over the WAN.</summary>
    public sealed class Lead : NeighbourMove;
}

/// <summary>A neighbour to take chunks from.</summary>
/// <param name="Device">Which.</param>
/// <param name="Chunks">Chunks that it has, counted from the first.</param>
public sealed record NeighbourSource(DeviceId Device, int Chunks);
