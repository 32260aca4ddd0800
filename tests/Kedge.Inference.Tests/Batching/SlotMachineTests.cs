using Kedge.Inference.Batching;

namespace Kedge.Inference.Tests.Batching;

public sealed class SlotMachineTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(3, 0.75)]
    public void Busy_models_share_computing_time_by_their_weight_however_long_their_runs(int weight, double share)
    {
        ModelQueue cheap = Entries.Queue(new BatchingOptions { QueueMax = 10 }, weight: weight);
        ModelQueue dear = Entries.Queue(new BatchingOptions { QueueMax = 10 });
        Dictionary<ModelQueue, TimeSpan> used = Saturate(1, TimeSpan.FromSeconds(20), (cheap, 1), (dear, 50));
        Assert.InRange(used[cheap] / (used[cheap] + used[dear]), share - 0.02, share + 0.02);
    }

    [Fact]
    public void A_model_with_many_instances_leaves_another_its_slot()
    {
        ModelQueue wide = Entries.Queue(new BatchingOptions { QueueMax = 100 }, instances: 4);
        ModelQueue narrow = Entries.Queue(new BatchingOptions { QueueMax = 10 }, instances: 1);
        Dictionary<ModelQueue, TimeSpan> used = Saturate(4, TimeSpan.FromSeconds(5), (wide, 20), (narrow, 2));

        // One instance can use one slot of four, and has it nearly always.
        Assert.InRange(used[narrow] / (used[wide] + used[narrow]), 0.18, 0.26);
    }

    [Fact]
    public void A_model_that_was_idle_neither_saved_up_time_nor_owes_any()
    {
        ModelQueue first = Entries.Queue(new BatchingOptions());
        ModelQueue second = Entries.Queue(new BatchingOptions());
        SlotMachine machine = new(1);
        machine.Add(first);
        machine.Add(second);
        TimeSpan ms = TimeSpan.FromMilliseconds(1);
        TimeSpan now = default;
        for (int i = 0; i < 1000; i++)
        {
            machine.Arrive(first, Entries.Of(), now);
            now += ms;
            machine.Finish(first, 1, 1, ms, now);
        }

        // Both come in masses now: after the long time alone they take turns.
        Assert.Equal(QueueVerdict.Runs, machine.Arrive(first, Entries.Of(), now));
        for (int i = 0; i < 20; i++)
        {
            machine.Arrive(first, Entries.Of(), now);
            machine.Arrive(second, Entries.Of(), now);
        }

        int ofSecond = 0;
        ModelQueue running = first;
        for (int i = 0; i < 20; i++)
        {
            now += ms;
            machine.Finish(running, 1, 1, ms, now);
            running = Entries.Next(machine, now)!.Queue!;
            ofSecond += running == second ? 1 : 0;
        }

        Assert.InRange(ofSecond, 9, 11);
    }

    [Fact]
    public void Every_verdict_but_running_and_waiting_has_an_error()
    {
        foreach (QueueVerdict verdict in Enum.GetValues<QueueVerdict>().Where(static v => v != QueueVerdict.Unknown))
        {
            bool isRefusal = verdict is not (QueueVerdict.Runs or QueueVerdict.Waits);
            Assert.Equal(isRefusal, QueueVerdicts.ErrorOf(verdict) is not null);
        }
    }

    /// <summary>Keeps queues full for a time; run lengths in milliseconds.</summary>
    private static Dictionary<ModelQueue, TimeSpan> Saturate(
        int slots, TimeSpan length, params (ModelQueue Queue, int RunMs)[] models)
    {
        SlotMachine machine = new(slots);
        Dictionary<ModelQueue, TimeSpan> used = [];
        PriorityQueue<(ModelQueue Queue, TimeSpan Time), TimeSpan> running = new();
        foreach ((ModelQueue queue, _) in models)
        {
            machine.Add(queue);
            used[queue] = default;
        }

        TimeSpan now = default;
        while (now < length)
        {
            foreach ((ModelQueue queue, int runMs) in models)
            {
                while (queue.Count < 8)
                {
                    if (machine.Arrive(queue, Entries.Of(), now) == QueueVerdict.Runs)
                    {
                        Start(queue, runMs);
                    }
                }
            }

            while (Entries.Next(machine, now) is { } batch)
            {
                Start(batch.Queue!, models.Single(m => m.Queue == batch.Queue).RunMs);
            }

            (ModelQueue ended, TimeSpan time) = running.Dequeue();
            now = now > time ? now : time;
            TimeSpan took = TimeSpan.FromMilliseconds(models.Single(m => m.Queue == ended).RunMs);
            used[ended] += took;
            machine.Finish(ended, 1, 1, took, now);
        }

        return used;

        void Start(ModelQueue queue, int runMs)
        {
            TimeSpan end = now + TimeSpan.FromMilliseconds(runMs);
            running.Enqueue((queue, end), end);
        }
    }
}
