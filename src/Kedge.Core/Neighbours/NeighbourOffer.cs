namespace Kedge.Core.Neighbours;

/// <summary>What a device says about one file.</summary>
/// <param name="State">How it stands to it.</param>
/// <param name="Chunks">
/// Verified chunks that it has, counted from the first one without a gap; all of them where it is whole.
/// </param>
/// <param name="Beat">
/// Changes whenever something came for it or is known to be on its way, also where that is no chunk yet: it tells slow
/// from dead.
/// </param>
public readonly record struct NeighbourOffer(OfferState State, int Chunks, long Beat);

/// <summary>What a neighbour said last about one file.</summary>
/// <param name="Device">Which neighbour.</param>
/// <param name="Offer">What it said.</param>
/// <param name="Still">For how long it has said the same, as far as this device has looked.</param>
public sealed record NeighbourSeen(DeviceId Device, NeighbourOffer Offer, TimeSpan Still);
