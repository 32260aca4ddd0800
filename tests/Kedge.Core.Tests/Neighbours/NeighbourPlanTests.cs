using System.Collections.Immutable;
using Kedge.Core.Neighbours;

namespace Kedge.Core.Tests.Neighbours;

/// <summary>Each rule by itself.</summary>
public sealed class NeighbourPlanTests
{
    private static readonly Digest Package = Digest.Of("package"u8);
    private static readonly ImmutableArray<DeviceId> Ranked =
        NeighbourRank.Order(Package, [.. Enumerable.Range(0, 8).Select(static i => new DeviceId($"press-{i}"))]);

    [Fact]
    public void Whoever_is_alone_claims_and_then_leads()
    {
        NeighbourMove.Wait wait = Assert.IsType<NeighbourMove.Wait>(Decide(3, OfferState.Wanted));
        Assert.Equal((TimeSpan.Zero, OfferState.Claiming), (wait.Time, wait.Announce));
        Assert.IsType<NeighbourMove.Lead>(Decide(3, OfferState.Claiming));
    }

    [Fact]
    public void Chunks_are_taken_from_those_that_are_ahead_and_first_from_those_that_have_all()
    {
        NeighbourMove.Take take = Assert.IsType<NeighbourMove.Take>(Decide(
            0, OfferState.Wanted, Says(1, OfferState.Leading, 7), Says(2, OfferState.Whole, 0),
            Says(3, OfferState.Following, 2), Says(4, OfferState.None, 3), Says(5, OfferState.Unknown, 9)));
        Assert.Equal(new NeighbourSource(Ranked[2], 10), take.From[0]);
        Assert.Equal(
            [(Ranked[1], 7), (Ranked[2], 10), (Ranked[4], 3)],
            take.From.Select(static s => (s.Device, s.Chunks)).OrderBy(s => Ranked.IndexOf(s.Device)));
    }

    [Fact]
    public void More_chunks_than_the_file_has_are_not_believed()
    {
        NeighbourMove.Take take =
            Assert.IsType<NeighbourMove.Take>(Decide(0, OfferState.Wanted, Says(1, OfferState.Leading, int.MaxValue)));
        Assert.Equal(10, take.From[0].Chunks);
    }

    [Fact]
    public void No_more_than_three_are_taken_from_and_other_ones_by_another_device()
    {
        NeighbourSeen[] whole = [.. Enumerable.Range(1, 7).Select(static i => Says(i, OfferState.Whole, 0))];
        NeighbourMove.Take mine = Assert.IsType<NeighbourMove.Take>(Decide(0, OfferState.Wanted, whole));
        NeighbourMove.Take others = Assert.IsType<NeighbourMove.Take>(Decide(7, OfferState.Wanted, whole[..6]));
        Assert.Equal(NeighbourPlan.SourcesMax, mine.From.Length);
        Assert.NotEqual(mine.From.ToArray(), others.From.ToArray());
    }

    [Theory]
    [InlineData(OfferState.Leading)]
    [InlineData(OfferState.Following)]
    public void Who_gets_chunks_is_waited_for_until_it_says_the_same_for_too_long(OfferState state)
    {
        NeighbourMove.Wait wait = Assert.IsType<NeighbourMove.Wait>(
            Decide(0, OfferState.Wanted, Says(5, state, 2, seconds: 19)));
        Assert.Equal(OfferState.Following, wait.Announce);
        wait = Assert.IsType<NeighbourMove.Wait>(Decide(0, OfferState.Following, Says(5, state, 2, seconds: 20)));
        Assert.Equal(OfferState.Claiming, wait.Announce);
    }

    [Fact]
    public void The_next_in_rank_stands_back_until_the_first_says_the_same_for_too_long()
    {
        NeighbourMove.Wait wait = Assert.IsType<NeighbourMove.Wait>(
            Decide(1, OfferState.Wanted, Says(0, OfferState.Wanted, 0, seconds: 19)));
        Assert.Equal((NeighbourPlan.AskPeriod, OfferState.Wanted), (wait.Time, wait.Announce));
        wait = Assert.IsType<NeighbourMove.Wait>(
            Decide(1, OfferState.Wanted, Says(0, OfferState.Wanted, 0, seconds: 20)));
        Assert.Equal(OfferState.Claiming, wait.Announce);
    }

    [Fact]
    public void A_claim_gives_way_to_one_before_it_and_waits_for_one_behind_it()
    {
        NeighbourMove.Wait back = Assert.IsType<NeighbourMove.Wait>(
            Decide(2, OfferState.Claiming, Says(1, OfferState.Claiming, 0)));
        Assert.Equal(OfferState.Wanted, back.Announce);
        NeighbourMove.Wait stay = Assert.IsType<NeighbourMove.Wait>(
            Decide(2, OfferState.Claiming, Says(3, OfferState.Claiming, 0)));
        Assert.Equal(OfferState.Claiming, stay.Announce);
        Assert.IsType<NeighbourMove.Lead>(Decide(2, OfferState.Claiming, Says(3, OfferState.Claiming, 0, seconds: 15)));
        Assert.IsType<NeighbourMove.Lead>(Decide(2, OfferState.Claiming, Says(1, OfferState.Wanted, 0)));
    }

    [Fact]
    public void A_claim_is_withdrawn_where_somebody_leads()
    {
        NeighbourMove.Wait wait = Assert.IsType<NeighbourMove.Wait>(
            Decide(0, OfferState.Claiming, Says(5, OfferState.Leading, 2)));
        Assert.Equal(OfferState.Following, wait.Announce);
    }

    [Fact]
    public void After_too_long_without_a_chunk_a_device_leads_whatever_others_say()
    {
        NeighbourView view = View(7, OfferState.Wanted, Says(0, OfferState.Leading, 2)) with
        {
            Elapsed = NeighbourPlan.PatienceMax,
        };
        Assert.IsType<NeighbourMove.Lead>(NeighbourPlan.Decide(view));
    }

    [Fact]
    public void The_order_is_the_same_for_everybody_and_another_for_another_file()
    {
        Assert.Equal([.. Ranked], NeighbourRank.Order(Package, [.. Ranked.Reverse()]).ToArray());
        Assert.NotEqual([.. Ranked], NeighbourRank.Order(Digest.Of("other"u8), Ranked).ToArray());
        Assert.Equal([.. Ranked.Skip(1)], NeighbourRank.Order(Package, [.. Ranked.Skip(1)]).ToArray());
        Assert.True(NeighbourRank.Precedes(Package, Ranked[0], Ranked[1]));
        Assert.False(NeighbourRank.Precedes(Package, Ranked[1], Ranked[0]));
    }

    [Fact]
    public void Chunks_are_spread_over_those_that_have_them()
    {
        NeighbourSource[] sources = [.. Ranked.Take(3).Select(static d => new NeighbourSource(d, 1000))];
        int[] counts = [.. sources.Select(s => Enumerable.Range(0, 900)
            .Count(i => NeighbourRank.Choose(sources, Package, Ranked[7], i) == s))];
        Assert.All(counts, static c => Assert.InRange(c, 200, 400));
    }

    [Theory]
    [InlineData("192.168.1.10:8844", true)]
    [InlineData("[fe80::1%1]:8844", true)]
    [InlineData("[fd00::1]:8844", true)]
    [InlineData("press-1.site.example:1", true)]
    [InlineData("press-1", false)]
    [InlineData(":8844", false)]
    [InlineData("a b:8844", false)]
    [InlineData("a:0", false)]
    [InlineData("a:65536", false)]
    [InlineData("fd00::1:8844", false)]
    [InlineData("[]:1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_address_is_a_host_and_a_port(string? text, bool isOne) =>
        Assert.Equal(isOne, NeighbourLimits.IsAddress(text));

    private static NeighbourSeen Says(int rank, OfferState state, int chunks, int seconds = 0) =>
        new(Ranked[rank], new NeighbourOffer(state, chunks, 0), TimeSpan.FromSeconds(seconds));

    private static NeighbourView View(int self, OfferState own, params NeighbourSeen[] others) => new()
    {
        Package = Package,
        Self = Ranked[self],
        Own = own,
        Have = 2,
        Total = 10,
        Others = [.. others],
        Elapsed = TimeSpan.Zero,
    };

    private static NeighbourMove Decide(int self, OfferState own, params NeighbourSeen[] others) =>
        NeighbourPlan.Decide(View(self, own, others));
}
