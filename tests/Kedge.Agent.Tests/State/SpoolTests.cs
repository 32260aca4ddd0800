using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Tests.Support.Disks;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Tests.State;

public sealed class SpoolTests
{
    [Fact]
    public void Messages_come_back_in_order_until_they_are_acknowledged()
    {
        MemoryDisk disk = new();
        Spool spool = Open(disk);
        Append(spool, 5);
        spool.Acknowledge(2);
        spool = Open(disk);
        Assert.Equal([1, 2, 3, 4, 5], spool.Above(0).Select(static r => r.Sequence));
        spool.Acknowledge(5);
        spool = Open(disk);
        Assert.Equal(0, spool.Count);
        Append(spool, 1);
        Assert.Equal(6, spool.LastSequence);
    }

    [Fact]
    public void Only_the_newest_status_is_sent()
    {
        Spool spool = Open(new MemoryDisk());
        Assert.True(spool.TryAppend(Status(1)));
        Append(spool, 1);
        Assert.True(spool.TryAppend(Status(2)));
        Assert.Equal([2, 3], spool.Above(0).Select(static r => r.Sequence));
    }

    [Fact]
    public void Over_its_budget_it_drops_old_events_and_never_the_newest_status()
    {
        MemoryDisk disk = new();
        Spool spool = Open(disk);
        Assert.True(spool.TryAppend(Status(7)));
        for (int i = 0; i < 3000; i++)
        {
            Append(spool, 1, 1000);
        }

        Assert.InRange(spool.Bytes, 1, 1_000_000 + AgentLimits.SpoolSegmentBytes);
        Assert.True(spool.Dropped > 0);
        UpMessage[] left = [.. spool.Above(0).Select(r => UpMessageFormat.TryRead(spool.Read(r), out _)!)];
        Assert.Equal(7, left.Single(static m => m.Status is not null).Status?.Generation);
        Assert.Equal(left.Select(static m => m.Sequence).Order(), left.Select(static m => m.Sequence));
    }

    [Fact]
    public void A_cut_at_any_change_loses_nothing_that_was_appended_and_reuses_no_number_that_was_sent()
    {
        CuttingDisk counting = new(new MemoryDisk(), 0, new Rng(1));
        _ = Story(counting, []);
        for (long at = 1; at <= counting.Changes; at++)
        {
            for (ulong seed = 0; seed < 8; seed++)
            {
                Rng rng = new(seed + ((ulong)at << 8));
                MemoryDisk disk = new();
                List<long> durable = [];
                try
                {
                    _ = Story(new CuttingDisk(disk, at, rng), durable);
                }
                catch (PowerCutException)
                {
                    // What was appended before is in the list.
                }

                disk.Cut(rng);
                Spool spool = Open(disk);
                long acked = durable.Count > 3 ? 3 : 0;
                long[] found = [.. spool.Above(0).Select(static r => r.Sequence)];
                Assert.Empty(durable.Where(s => s > acked).Except(found));
                Assert.All(spool.Above(0), r => Assert.NotNull(spool.Read(r)));
                Append(spool, 1);
                Assert.True(spool.LastSequence > durable.LastOrDefault());
                Assert.Equal(spool.LastSequence, Open(disk).LastSequence);
            }
        }
    }

    [Fact]
    public void A_lost_spool_goes_on_above_what_the_ledger_knows()
    {
        Spool spool = Spool.Open(new MemoryDisk(), "incarnation", 500, 1_000_000);
        Append(spool, 1);
        Assert.True(spool.LastSequence > 500);
    }

    [Fact]
    public void A_full_disk_drops_the_message_and_says_so()
    {
        MemoryDisk disk = new();
        Spool spool = Open(disk);
        Append(spool, 3);
        disk.CapacityBytes = disk.UsedBytes + 10;
        Assert.False(spool.TryAppend(Event(100)));
        disk.CapacityBytes = long.MaxValue;
        Append(spool, 1);
        Assert.Equal([1, 2, 3, 4], Open(disk).Above(0).Select(static r => r.Sequence));
    }

    private static Spool Open(IDisk disk) => Spool.Open(disk, "incarnation", 0, 1_000_000);

    private static Spool Story(IDisk disk, List<long> durable)
    {
        Spool spool = Open(disk);
        for (int i = 0; i < 6; i++)
        {
            Assert.True(spool.TryAppend(Event(50)));
            durable.Add(spool.LastSequence);
            if (i == 3)
            {
                spool.Acknowledge(3);
            }
        }

        return spool;
    }

    private static void Append(Spool spool, int count, int chars = 50)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(spool.TryAppend(Event(chars)));
        }
    }

    private static UpMessage Event(int chars) =>
        Envelope with { Event = new EventMessage { Message = new string('x', chars) } };

    private static UpMessage Status(long generation) =>
        Envelope with { Status = new StatusMessage { Generation = generation } };

    private static UpMessage Envelope => new() { Incarnation = "-", Sequence = 1, SentAtMs = 0 };
}
