using System.Collections.Immutable;

namespace Kedge.Core.Neighbours;

/// <summary>
/// Decides how a device comes by a file that its neighbours may have, or may want as well.
/// <para>Problem: when a site is asked for a new release, every device of it lacks the same bytes at the same moment.
/// One of them is to bring them over the WAN and the others are to take them from it while they come, though each sees
/// the others only by asking them one after the other, and any of them may be slow, gone or lying.</para>
/// <para>Approach: whoever has chunks that this device lacks is taken from. Where nobody has, one leads. The order of
/// <see cref="NeighbourRank"/> says who should; that it is only one is settled as in a lock by reading and writing
/// alone
/// (Lamport, "A new solution of Dijkstra's concurrent programming problem", CACM 17(8), 1974): a device announces its
/// claim, then asks all others; it gives way to one who leads or follows and to a claim that comes before its own, and
/// waits until a claim that comes after its own is withdrawn or leads.</para>
/// <para>Invariants: of devices that hear each other and move, one leads at a time; nobody waits for ever: a leader, a
/// claim or a wish that says the same for too long is passed over, and after <see cref="PatienceMax"/> without a chunk
/// a
/// device leads whatever the others say.</para>
/// <para>It asks nobody, keeps nothing and does not judge bytes.</para>
/// </summary>
public static class NeighbourPlan
{
    /// <summary>Neighbours that one device takes chunks of one file from: each is a connection.</summary>
    public const int SourcesMax = 3;

    /// <summary>One who leads or follows, and one who should lead, may say the same for so long.</summary>
    public static readonly TimeSpan StillMax = TimeSpan.FromSeconds(20);

    /// <summary>A claim takes a round of questions: who claims for longer than this has gone.</summary>
    public static readonly TimeSpan ClaimMax = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Without a chunk for so long a device stops to rely on neighbours: a server may need minutes for a delta.
    /// </summary>
    public static readonly TimeSpan PatienceMax = TimeSpan.FromMinutes(5);

    /// <summary>How soon others are asked again while a claim is being settled.</summary>
    public static readonly TimeSpan ClaimPeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>How soon others are asked again otherwise.</summary>
    public static readonly TimeSpan AskPeriod = TimeSpan.FromMilliseconds(250);

    /// <summary>What to do next.</summary>
    public static NeighbourMove Decide(NeighbourView view)
    {
        Check.That(view.Own is OfferState.Wanted or OfferState.Following or OfferState.Claiming);
        Check.That(view.Have >= 0 && view.Have < view.Total);
        ImmutableArray<NeighbourSource> ahead = Ahead(view);
        if (!ahead.IsEmpty)
        {
            return new NeighbourMove.Take(ahead);
        }

        if (view.Elapsed >= PatienceMax)
        {
            return new NeighbourMove.Lead();
        }

        if (view.Others.Any(IsFed))
        {
            return new NeighbourMove.Wait(AskPeriod, OfferState.Following);
        }

        return view.Own == OfferState.Claiming ? Settle(view) : Stand(view);
    }

    /// <summary>True for one that gets chunks, or will soon: waiting for it is better than fetching them too.</summary>
    public static bool IsFed(NeighbourSeen other) =>
        other.Offer.State is OfferState.Leading or OfferState.Following && other.Still < StillMax;

    /// <summary>Those with chunks that this device lacks; those with all of them first.</summary>
    private static ImmutableArray<NeighbourSource> Ahead(NeighbourView view) =>
    [
        .. view.Others
            .Where(o => ChunksOf(o.Offer, view.Total) > view.Have)
            .OrderByDescending(static o => o.Offer.State == OfferState.Whole)
            .ThenByDescending(o => NeighbourRank.WeightFor(view.Package, view.Self, o.Device))
            .ThenBy(static o => o.Device)
            .Take(SourcesMax)
            .Select(o => new NeighbourSource(o.Device, ChunksOf(o.Offer, view.Total))),
    ];

    private static int ChunksOf(NeighbourOffer offer, int total) => offer.State switch
    {
        OfferState.Whole => total,
        OfferState.None or OfferState.Wanted or OfferState.Claiming or OfferState.Leading or OfferState.Following =>
            Math.Min(offer.Chunks, total),
        OfferState.Unknown => 0,
    };

    /// <summary>A claim was announced before the others were asked.</summary>
    private static NeighbourMove Settle(NeighbourView view)
    {
        NeighbourSeen[] claims =
            [.. view.Others.Where(static o => o.Offer.State == OfferState.Claiming && o.Still < ClaimMax)];
        if (claims.Any(c => NeighbourRank.Precedes(view.Package, c.Device, view.Self)))
        {
            return new NeighbourMove.Wait(ClaimPeriod, OfferState.Wanted);
        }

        return claims.Length == 0
            ? new NeighbourMove.Lead()
            : new NeighbourMove.Wait(ClaimPeriod, OfferState.Claiming);
    }

    /// <summary>Nobody is fed: claim it, or leave that to one who comes before.</summary>
    private static NeighbourMove.Wait Stand(NeighbourView view)
    {
        bool isOther = view.Others.Any(o =>
            o.Offer.State is OfferState.Wanted or OfferState.Claiming && o.Still < StillMax
            && NeighbourRank.Precedes(view.Package, o.Device, view.Self));
        return isOther
            ? new NeighbourMove.Wait(AskPeriod, OfferState.Wanted)
            : new NeighbourMove.Wait(TimeSpan.Zero, OfferState.Claiming);
    }
}
