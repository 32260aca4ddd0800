using System.Collections.Immutable;
using Kedge.Core.Neighbours;

namespace Kedge.Core.Tests.Neighbours;

/// <summary>
/// Random sites in virtual time. Devices are asked one after the other, so that what a device knows of two others is
/// never of one moment. Where nothing fails one device leads and every byte crosses the WAN once; whatever fails, every
/// device that works gets the file in bounded time.
/// </summary>
public sealed class NeighbourPlanPropertyTests
{
    [Fact]
    public void Of_devices_that_work_one_leads_and_every_chunk_crosses_the_wan_once() => Each(300, static seed =>
    {
        Site site = new(seed, isFaulty: false);
        site.Run();
        Assert.Equal(1, site.LeadersMax);
        Assert.Equal(Site.Total, site.WanChunks);
    });

    [Fact]
    public void Whatever_fails_every_device_that_works_gets_the_file() => Each(500, static seed =>
    {
        Site site = new(seed, isFaulty: true);
        site.Run();
        Assert.True(site.WanChunks <= Site.Total * site.Working, $"{site.WanChunks} chunks for {site.Working} devices");
    });

    private static void Each(int seeds, Action<int> run)
    {
        for (int seed = 1; seed <= seeds; seed++)
        {
            try
            {
                run(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed} fails", e);
            }
        }
    }

    private enum Fault
    {
        None,
        Gone,
        SaysItLeads,
        SaysItClaims,
        SaysItIsWhole,
        ChangesItsMind,
        StallsWhenLeading,
        DiesWhenLeading,
        WanFailsOnce,
    }

    private sealed class Site
    {
        public const int Total = 12;
        private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(12);
        private static readonly Digest File = Digest.Of("file"u8);
        private readonly Random _random;
        private readonly List<Member> _members = [];
        private TimeSpan _now = TimeSpan.FromMinutes(1);

        public Site(int seed, bool isFaulty)
        {
            _random = new Random(seed);
            int count = _random.Next(1, 9);
            for (int i = 0; i < count; i++)
            {
                Fault fault = isFaulty && i > 0 ? (Fault)_random.Next(Enum.GetValues<Fault>().Length) : Fault.None;
                _members.Add(new Member(new DeviceId($"press-{i}"), fault)
                {
                    Due = _now + TimeSpan.FromMilliseconds(_random.Next(_random.Next(1, 5000))),
                });
            }

            Working = _members.Count(static m => m.IsWorking);
        }

        public int WanChunks { get; private set; }

        public int LeadersMax { get; private set; }

        /// <summary>Devices that begin to fetch; some of them fail meanwhile.</summary>
        public int Working { get; }

        public void Run()
        {
            TimeSpan end = _now + Deadline;
            while (_members.Any(static m => m.IsWorking && m.State != OfferState.Whole))
            {
                Member next = _members.Where(static m => m.Due is not null && m.State != OfferState.Whole)
                    .MinBy(static m => m.Due)!;
                _now = next.Due!.Value;
                Assert.True(_now < end, string.Join("; ", _members));
                next.Due = _now + Step(next);
                LeadersMax = Math.Max(LeadersMax, _members.Count(static m => m.State == OfferState.Leading));
            }
        }

        private TimeSpan Step(Member member)
        {
            if (!member.IsWorking)
            {
                return Pretend(member);
            }

            if (member.State == OfferState.Leading)
            {
                return Lead(member);
            }

            if (member.State == OfferState.None)
            {
                member.Begin(_now);
            }

            if (member.ToAsk is { Count: > 0 } ask)
            {
                Ask(member, ask.Dequeue());
                return Soon();
            }

            return Act(member);
        }

        private TimeSpan Act(Member member)
        {
            if (member.ToAsk is null)
            {
                member.ToAsk = new Queue<Member>(
                    _members.Where(m => m != member).OrderBy(_ => _random.Next()));
                return TimeSpan.Zero;
            }

            member.ToAsk = null;
            switch (NeighbourPlan.Decide(member.View(File, Total, _now)))
            {
                case NeighbourMove.Take take:
                    member.State = OfferState.Following;
                    return Take(member, take.From);
                case NeighbourMove.Lead:
                    member.State = OfferState.Leading;
                    return Soon();
                case NeighbourMove.Wait wait:
                    member.State = wait.Announce;
                    return wait.Time;
                default:
                    throw Check.Unreachable();
            }
        }

        private TimeSpan Take(Member member, ImmutableArray<NeighbourSource> from)
        {
            NeighbourSource source = NeighbourRank.Choose(from, File, member.Device, member.Have);
            Member giver = _members.Single(m => m.Device == source.Device);
            if (giver.Fault == Fault.Gone || !giver.IsWorking || giver.Chunks(Total) <= member.Have)
            {
                // As the shell does: who does not give what it said to have is believed no more.
                member.Said.Remove(giver.Device);
                member.Distrusted.Add(giver.Device);
                return Soon();
            }

            member.Got(_now, Total);
            return Soon();
        }

        private TimeSpan Lead(Member member)
        {
            if (member.Fault == Fault.StallsWhenLeading)
            {
                member.IsWorking = false;
                return TimeSpan.FromHours(1);
            }

            if (member.Fault == Fault.DiesWhenLeading && member.Have > 2)
            {
                member.IsWorking = false;
                member.Fault = Fault.Gone;
                return TimeSpan.FromHours(1);
            }

            if (member.Fault == Fault.WanFailsOnce && member.Have > 1)
            {
                member.Fault = Fault.None;
                member.State = OfferState.None;
                return TimeSpan.FromSeconds(_random.Next(1, 60));
            }

            WanChunks++;
            member.Got(_now, Total);
            return TimeSpan.FromMilliseconds(_random.Next(1, 3000));
        }

        private TimeSpan Pretend(Member member)
        {
            member.State = member.Fault switch
            {
                Fault.SaysItLeads or Fault.StallsWhenLeading => OfferState.Leading,
                Fault.SaysItClaims => OfferState.Claiming,
                Fault.SaysItIsWhole => OfferState.Following,
                Fault.ChangesItsMind => (OfferState)_random.Next(1, 5),
                _ => OfferState.None,
            };
            return TimeSpan.FromMilliseconds(_random.Next(1, 2000));
        }

        private void Ask(Member member, Member other)
        {
            if (other.Fault == Fault.Gone || member.Distrusted.Contains(other.Device))
            {
                member.Said.Remove(other.Device);
                return;
            }

            int chunks = other.Fault == Fault.SaysItIsWhole && !other.IsWorking ? Total : other.Chunks(Total);
            NeighbourOffer offer = new(other.State, chunks, 0);
            if (!member.Said.TryGetValue(other.Device, out (NeighbourOffer Offer, TimeSpan Since) before)
                || before.Offer != offer)
            {
                member.Said[other.Device] = (offer, _now);
            }
        }

        private TimeSpan Soon() => TimeSpan.FromMilliseconds(_random.Next(1, 40));
    }

    private sealed class Member(DeviceId device, Fault fault)
    {
        private TimeSpan _gotAt;

        public DeviceId Device => device;

        public Fault Fault { get; set; } = fault;

        public bool IsWorking { get; set; } =
            fault is Fault.None or Fault.StallsWhenLeading or Fault.DiesWhenLeading or Fault.WanFailsOnce;

        public OfferState State { get; set; } = OfferState.None;

        public int Have { get; private set; }

        public TimeSpan? Due { get; set; }

        public Queue<Member>? ToAsk { get; set; }

        public Dictionary<DeviceId, (NeighbourOffer Offer, TimeSpan Since)> Said { get; } = [];

        public HashSet<DeviceId> Distrusted { get; } = [];

        public int Chunks(int total) => State == OfferState.Whole ? total : Have;

        public void Begin(TimeSpan now)
        {
            State = OfferState.Wanted;
            Said.Clear();
            ToAsk = null;
            _gotAt = now;
        }

        public void Got(TimeSpan now, int total)
        {
            Have++;
            _gotAt = now;
            State = Have == total ? OfferState.Whole : State;
        }

        public NeighbourView View(Digest file, int total, TimeSpan now) => new()
        {
            Package = file,
            Self = device,
            Own = State,
            Have = Have,
            Total = total,
            Others = [.. Said.Select(s => new NeighbourSeen(s.Key, s.Value.Offer, now - s.Value.Since))],
            Elapsed = now - _gotAt,
        };

        public override string ToString() => $"{device} {Fault} {State} {Have}";
    }
}
