using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Batching;

public sealed class ModelQueueTests
{
    private static readonly BatchingOptions UpToEight = new() { MaxSize = 8 };

    [Fact]
    public void A_request_that_finds_a_slot_runs_at_once_and_the_next_ones_wait_for_one_run()
    {
        ModelQueue queue = Entries.Queue(UpToEight);
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry[] waiting = [.. Enumerable.Range(0, 5).Select(static _ => Entries.Of())];
        Assert.All(waiting, e => Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, e, Entries.Us(1))));
        Assert.Null(Entries.Next(machine, Entries.Us(2)));
        machine.Finish(queue, 1, 1, Entries.Us(10), Entries.Us(10));
        Batch batch = Assert.IsType<Batch>(Entries.Next(machine, Entries.Us(10)));
        Assert.Equal(waiting, batch.Members.ToArray());
        Assert.Equal((5, 0, 0), (batch.Rows, queue.Count, machine.Free));
    }

    [Fact]
    public void Without_batching_each_runs_by_itself_whatever_its_shape()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions());
        SlotMachine machine = Entries.Busy(queue, default);
        Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(rows: 500), default));
        Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(rows: 500), default));
        machine.Finish(queue, 1, 1, Entries.Us(10), Entries.Us(10));
        Assert.Equal(1, Entries.Next(machine, Entries.Us(10))?.Count);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Rows_are_counted_not_requests_and_the_order_is_kept_where_one_does_not_fit()
    {
        ModelQueue queue = Entries.Queue(UpToEight);
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry[] waiting = [Entries.Of(3), Entries.Of(3), Entries.Of(4), Entries.Of(1)];
        Assert.All(waiting, e => machine.Arrive(queue, e, default));
        machine.Finish(queue, 1, 1, Entries.Us(10), Entries.Us(10));
        Assert.Equal(waiting[..2], Entries.Next(machine, Entries.Us(10))!.Members.ToArray());
        machine.Finish(queue, 2, 6, Entries.Us(10), Entries.Us(20));
        Assert.Equal(waiting[2..], Entries.Next(machine, Entries.Us(20))!.Members.ToArray());
    }

    [Fact]
    public void Other_shapes_come_into_a_batch_of_their_own()
    {
        ModelQueue queue = Entries.Queue(UpToEight);
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry[] waiting = [Entries.Of(), Entries.Of(columns: 3), Entries.Of(), Entries.Of(columns: 3)];
        Assert.All(waiting, e => machine.Arrive(queue, e, default));
        machine.Finish(queue, 1, 1, Entries.Us(10), Entries.Us(10));
        Assert.Equal([waiting[0], waiting[2]], Entries.Next(machine, Entries.Us(10))!.Members.ToArray());
        machine.Finish(queue, 2, 2, Entries.Us(10), Entries.Us(20));
        Assert.Equal([waiting[1], waiting[3]], Entries.Next(machine, Entries.Us(20))!.Members.ToArray());
    }

    [Fact]
    public void Too_many_rows_and_inputs_that_disagree_are_refused_with_the_reason()
    {
        ModelQueue queue = Entries.Queue(UpToEight);
        SlotMachine machine = new(1);
        machine.Add(queue);
        Assert.Equal(QueueVerdict.TooLarge, machine.Arrive(queue, Entries.Of(rows: 9), default));
        QueueEntry ragged = new(this, new InferenceCall(TinyModels.AddSubSignature));
        ragged.Call.Inputs[0].Begin("INPUT0", TensorType.Int32);
        ragged.Call.Inputs[1].Begin("INPUT1", TensorType.Int32);
        Assert.True(ragged.Call.Inputs[0].TryShape([1, 16]) && ragged.Call.Inputs[1].TryShape([2, 16]));
        Assert.Equal(QueueVerdict.Ragged, machine.Arrive(queue, ragged, default));
        Assert.Equal((0, 1), (queue.Count, machine.Free));
    }

    [Fact]
    public void A_preferred_size_runs_as_soon_as_it_is_reached_and_the_rest_waits()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions
        {
            MaxSize = 8,
            Preferred = [4],
            MaxDelayUs = 1000,
            IsAdaptive = false,
        });
        SlotMachine machine = new(2);
        machine.Add(queue);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(), Entries.Us(i)));
            Assert.Null(Entries.Next(machine, Entries.Us(i)));
            Assert.Equal(Entries.Us(1000), machine.WakeAt);
        }

        machine.Arrive(queue, Entries.Of(), Entries.Us(3));
        Assert.Equal(4, Entries.Next(machine, Entries.Us(3))?.Count);
    }

    [Fact]
    public void Without_adapting_a_run_waits_for_the_whole_delay_and_no_longer()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 8, MaxDelayUs = 1000, IsAdaptive = false });
        SlotMachine machine = new(1);
        machine.Add(queue);
        machine.Arrive(queue, Entries.Of(), Entries.Us(5));
        Assert.Null(Entries.Next(machine, Entries.Us(5)));
        machine.Arrive(queue, Entries.Of(), Entries.Us(900));
        Assert.Null(Entries.Next(machine, Entries.Us(1004)));
        Assert.Equal(Entries.Us(1005), machine.WakeAt);
        Assert.Equal(2, Entries.Next(machine, Entries.Us(1005))?.Count);
    }

    [Fact]
    public void Adapting_waits_only_where_the_next_is_expected_soon_enough()
    {
        BatchingOptions options = new() { MaxSize = 8, MaxDelayUs = 1000 };
        ModelQueue rare = Entries.Queue(options);
        ModelQueue frequent = Entries.Queue(options);
        SlotMachine machine = new(1);
        machine.Add(rare);
        machine.Add(frequent);
        Know(rare, 500, 10);
        Know(frequent, 500, 10);
        Assert.Equal(QueueVerdict.Runs, Feed(machine, rare, Entries.Us(5000), Entries.Us(510), out _));
        Assert.Equal(
            QueueVerdict.Waits, Feed(machine, frequent, Entries.Us(100), Entries.Us(510), out TimeSpan last));

        // It was expected after 100 us; after three times that nobody is expected any more.
        Assert.Null(Entries.Next(machine, last));
        Assert.Equal(last + Entries.Us(301), machine.WakeAt);
        Assert.Equal(1, Entries.Next(machine, last + Entries.Us(301))?.Count);
    }

    [Fact]
    public void Adapting_does_not_wait_where_a_run_costs_less_than_the_wait()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 8, MaxDelayUs = 1000 });
        SlotMachine machine = new(1);
        machine.Add(queue);
        Know(queue, 20, 10);

        // Another joins in 100 us and would save the 20 us that every run costs.
        Assert.Equal(QueueVerdict.Runs, Feed(machine, queue, Entries.Us(100), Entries.Us(30), out _));
        Assert.InRange(queue.Cost.Fixed!.Value, Entries.Us(19), Entries.Us(21));
        Assert.InRange(queue.Cost.Row!.Value, Entries.Us(9), Entries.Us(11));
    }

    [Fact]
    public void Adapting_does_not_wait_before_it_knows_what_is_gained()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 8, MaxDelayUs = 1000 });
        SlotMachine machine = new(1);
        machine.Add(queue);
        Assert.Equal(QueueVerdict.Runs, Feed(machine, queue, Entries.Us(100), Entries.Us(510), out _));
        Assert.Null(queue.Cost.Row);
    }

    [Fact]
    public void Adapting_does_not_wait_while_the_next_one_would_find_a_slot_anyway()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 8, MaxDelayUs = 1000 }, instances: 2);
        SlotMachine machine = new(2);
        machine.Add(queue);
        Know(queue, 500, 10);
        Assert.Equal(QueueVerdict.Runs, Feed(machine, queue, Entries.Us(100), Entries.Us(510), out TimeSpan last));

        // One slot is taken: whoever takes the other one holds the next one up.
        Assert.Equal(QueueVerdict.Runs, machine.Arrive(queue, Entries.Of(), last));
        Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(), last + Entries.Us(100)));
    }

    [Fact]
    public void Adapting_lets_few_go_one_by_one_where_several_slots_answer_them_sooner_so()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 32 }, instances: 2);
        SlotMachine machine = new(2);
        machine.Add(queue);
        Know(queue, 200, 200);
        Assert.Equal(QueueVerdict.Runs, machine.Arrive(queue, Entries.Of(), default));
        Assert.Equal(QueueVerdict.Runs, machine.Arrive(queue, Entries.Of(), default));
        Assert.All(Enumerable.Range(0, 9), _ => machine.Arrive(queue, Entries.Of(), default));
        machine.Finish(queue, 1, 1, Entries.Us(400), Entries.Us(400));
        Assert.Equal(9, Entries.Next(machine, Entries.Us(400))?.Count);
        Assert.All(Enumerable.Range(0, 8), _ => machine.Arrive(queue, Entries.Of(), Entries.Us(400)));
        machine.Finish(queue, 1, 1, Entries.Us(400), Entries.Us(401));
        Assert.Equal(1, Entries.Next(machine, Entries.Us(401))?.Count);
    }

    [Fact]
    public void Adapting_computes_each_by_itself_where_rows_cost_as_much_together()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 8 });
        ModelQueue stubborn = Entries.Queue(new BatchingOptions { MaxSize = 8, IsAdaptive = false });
        foreach ((ModelQueue one, int count) in new[] { (queue, 1), (stubborn, 3) })
        {
            SlotMachine machine = Entries.Busy(one, default);
            Know(one, 10, 1000);
            Assert.All(Enumerable.Range(0, 3), _ => machine.Arrive(one, Entries.Of(), Entries.Us(1)));
            machine.Finish(one, 1, 1, Entries.Us(1010), Entries.Us(1010));
            Assert.Equal(count, Entries.Next(machine, Entries.Us(1010))?.Count);
        }
    }

    [Fact]
    public void A_lower_number_goes_first_and_none_is_the_last_level()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 2, Priorities = [new(), new(), new()] });
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry[] waiting =
            [Entries.Of(), Entries.Of(priority: 2), Entries.Of(priority: 1), Entries.Of(priority: 9)];
        Assert.All(waiting, e => machine.Arrive(queue, e, default));
        machine.Finish(queue, 1, 1, Entries.Us(1), Entries.Us(1));
        Assert.Equal([waiting[2], waiting[1]], Entries.Next(machine, Entries.Us(1))!.Members.ToArray());
        machine.Finish(queue, 2, 2, Entries.Us(1), Entries.Us(2));
        Assert.Equal([waiting[0], waiting[3]], Entries.Next(machine, Entries.Us(2))!.Members.ToArray());
    }

    [Fact]
    public void A_full_queue_refuses_and_says_when_to_come_again()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions
        {
            QueueMax = 4,
            Priorities = [new PriorityOptions { QueueMax = 1 }, new()],
        });
        SlotMachine machine = Entries.Busy(queue, default);
        Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(priority: 1), default));
        Assert.Equal(QueueVerdict.Full, machine.Arrive(queue, Entries.Of(priority: 1), default));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(), default));
        }

        Assert.Equal(QueueVerdict.Full, machine.Arrive(queue, Entries.Of(), default));
        Assert.Equal(TimeSpan.FromSeconds(1), queue.RetryAfter);

        // Two ended 3 s apart while others waited: four that wait take 12 s.
        TimeSpan now = TimeSpan.FromSeconds(3);
        machine.Finish(queue, 1, 1, now, now);
        Entries.Next(machine, now);
        machine.Arrive(queue, Entries.Of(), now);
        machine.Finish(queue, 1, 1, now, now * 2);
        Assert.Equal(TimeSpan.FromSeconds(12), queue.RetryAfter);
    }

    [Fact]
    public void Whoever_is_late_is_refused_when_its_time_comes_though_no_slot_is_free()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { TimeoutUs = 100 });
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry patient = Entries.Of(timeout: Entries.Us(500));
        QueueEntry hasty = Entries.Of(timeout: Entries.Us(50));
        machine.Arrive(queue, patient, default);
        machine.Arrive(queue, hasty, default);
        Assert.Null(Entries.Next(machine, default));
        Assert.Equal(Entries.Us(50), machine.WakeAt);
        Assert.Null(Entries.Next(machine, Entries.Us(50)));
        Assert.True(machine.TryRefuse(out QueueEntry? refused));
        Assert.Equal((hasty, QueueVerdict.Late), (refused, refused.Verdict));
        Assert.Equal(Entries.Us(100), machine.WakeAt);
        machine.Finish(queue, 1, 1, Entries.Us(1), Entries.Us(100));
        Assert.Null(Entries.Next(machine, Entries.Us(100)));
        Assert.True(machine.TryRefuse(out refused));
        Assert.Equal((patient, QueueVerdict.Late), (refused, refused.Verdict));
    }

    [Fact]
    public void Whoever_has_gone_is_not_computed_and_makes_room_in_a_full_queue()
    {
        using CancellationTokenSource gone = new();
        ModelQueue queue = Entries.Queue(new BatchingOptions { QueueMax = 1 });
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry first = Entries.Of();
        first.Gone = gone.Token;
        machine.Arrive(queue, first, default);
        gone.Cancel();
        Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, Entries.Of(), default));
        Assert.True(machine.TryRefuse(out QueueEntry? refused));
        Assert.Equal((first, QueueVerdict.Gone), (refused, refused.Verdict));
    }

    [Fact]
    public void A_model_that_is_taken_away_refuses_whoever_waits()
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions());
        SlotMachine machine = Entries.Busy(queue, default);
        QueueEntry entry = Entries.Of();
        machine.Arrive(queue, entry, default);
        machine.Remove(queue);
        Assert.True(machine.TryRefuse(out QueueEntry? refused));
        Assert.Equal((entry, QueueVerdict.Closed), (refused, refused.Verdict));
        machine.Finish(queue, 1, 1, default, default);
        Assert.Equal(1, machine.Free);
    }

    /// <summary>Lets a queue know what its runs cost, in microseconds.</summary>
    private static void Know(ModelQueue queue, double sameUs, double rowUs)
    {
        for (int rows = 1; rows <= 8; rows++)
        {
            queue.Cost.Add(rows, Entries.Us(sameUs + (rowUs * rows)));
        }
    }

    /// <summary>Twenty requests, one after the other; the verdict of the last, which is not computed.</summary>
    private static QueueVerdict Feed(
        SlotMachine machine, ModelQueue queue, TimeSpan gap, TimeSpan time, out TimeSpan last)
    {
        const int Count = 20;
        QueueVerdict verdict = QueueVerdict.Unknown;
        last = default;
        for (int i = 0; i < Count; i++)
        {
            last = gap * i;
            verdict = machine.Arrive(queue, Entries.Of(), last);
            if (verdict == QueueVerdict.Waits && i == Count - 1)
            {
                return verdict;
            }

            if (verdict == QueueVerdict.Waits)
            {
                Assert.NotNull(Entries.Next(machine, last + TimeSpan.FromSeconds(1)));
            }

            machine.Finish(queue, 1, 1, time, last);
        }

        return verdict;
    }
}
