using Kedge.Core;

namespace Kedge.Inference.Batching;

/// <summary>
/// Who computes next.
/// <para>Problem: the models of a process share its processors. Without order a model with long runs leaves one with
/// short ones nothing, and more runs at once than processors only make each other slow.</para>
/// <para>Approach: as many slots as processors. A run takes one; when it ends, the slot goes to the queue that has used
/// the least computing time for its weight, runs under way counted with the mean of the model (start-time fair
/// queueing: Goyal, Vin, Cheng, 1997). A queue that was idle starts where the one served last stands, so that it
/// neither saves up time nor owes any.</para>
/// <para>Invariants: never more runs than slots; while a slot is free, nobody waits but for others of its own batch;
/// every entry that waits comes out once, in a batch or among the refused.</para>
/// <para>It reads no clock and starts nothing: after each event the caller asks <see cref="TryStart"/> and
/// <see cref="TryRefuse"/> until both say no, and comes again at <see cref="WakeAt"/>. One caller at a time.</para>
/// </summary>
/// <param name="slots">Runs at once, 1 or more.</param>
public sealed class SlotMachine(int slots)
{
    private readonly List<ModelQueue> _queues = [];
    private readonly EntryList _refused = new();
    private double _served;

    /// <summary>Runs at once.</summary>
    public int Slots { get; } = slots;

    /// <summary>Slots that are free.</summary>
    public int Free { get; private set; } = slots;

    /// <summary>
    /// When to ask again although nothing happens; <see cref="QueueEntry.Never"/> for never. Known after
    /// <see cref="TryStart"/> said no.
    /// </summary>
    public TimeSpan WakeAt { get; private set; } = QueueEntry.Never;

    /// <summary>Takes a model in.</summary>
    public void Add(ModelQueue queue)
    {
        Check.That(!_queues.Contains(queue));
        _queues.Add(queue);
    }

    /// <summary>Lets a model go; whoever waits for it is refused. Its runs may still be under way.</summary>
    public void Remove(ModelQueue queue)
    {
        queue.Close(_refused);
        _queues.Remove(queue);
    }

    /// <summary>A request came. What it says is also in the entry's verdict.</summary>
    /// <returns>Runs: it has a slot, compute it; Waits: it comes later; else it is refused.</returns>
    public QueueVerdict Arrive(ModelQueue queue, QueueEntry entry, TimeSpan now)
    {
        bool isFirst = queue.Count == 0;
        if (isFirst && queue.Running == 0)
        {
            queue.Used = Math.Max(queue.Used, _served);
        }

        QueueVerdict verdict = queue.Admit(entry, now, _refused);
        if (verdict != QueueVerdict.Waits
            || !isFirst || Free == 0 || queue.Running >= queue.Instances
            || !queue.RunsAtOnce(entry, IsLast(queue), now))
        {
            return verdict;
        }

        queue.Release(entry);
        Begin(queue);
        return QueueVerdict.Runs;
    }

    /// <summary>A run ended: its slot is free.</summary>
    /// <param name="queue">Whose run it was.</param>
    /// <param name="requests">How many requests were computed.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="time">How long it took.</param>
    /// <param name="now">The caller's clock.</param>
    public void Finish(ModelQueue queue, int requests, int rows, TimeSpan time, TimeSpan now)
    {
        Check.That(queue.Running > 0);
        queue.Running--;
        Free++;
        queue.Used += time.Ticks / (double)queue.Weight;
        queue.CountRun(requests, rows, time, now);
    }

    /// <summary>Takes a slot for the next run and fills the batch with it; false when none should begin now.</summary>
    public bool TryStart(TimeSpan now, Batch batch)
    {
        WakeAt = QueueEntry.Never;
        double tried = double.NegativeInfinity;
        int triedIndex = -1;
        while (Next(tried, triedIndex) is var (queue, share, index))
        {
            tried = share;
            triedIndex = index;
            bool mayRun = Free > 0 && queue.Running < queue.Instances;
            TimeSpan wakeAt = queue.NextDeadline;
            if (mayRun && queue.TryTake(now, batch, IsLast(queue), _refused, out wakeAt))
            {
                Begin(queue);
                return true;
            }

            if (!mayRun && now >= wakeAt)
            {
                queue.Sweep(now, _refused);
                wakeAt = queue.NextDeadline;
            }

            WakeAt = wakeAt < WakeAt ? wakeAt : WakeAt;
        }

        return false;
    }

    /// <summary>Takes one that was refused while it waited; its verdict says why.</summary>
    public bool TryRefuse([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out QueueEntry? entry)
    {
        entry = _refused.TakeFirst();
        return entry is not null;
    }

    /// <summary>
    /// The queue with the least share after the one tried last, equal ones in order; null for no more.
    /// </summary>
    private (ModelQueue Queue, double Share, int Index)? Next(double tried, int triedIndex)
    {
        (ModelQueue Queue, double Share, int Index)? best = null;
        for (int i = 0; i < _queues.Count; i++)
        {
            ModelQueue queue = _queues[i];
            if (queue.Count == 0)
            {
                continue;
            }

            double share = ShareOf(queue);
            bool isAfter = share > tried || (share == tried && i > triedIndex);
            if (isAfter && (best is null || share < best.Value.Share))
            {
                best = (queue, share, i);
            }
        }

        return best;
    }

    /// <summary>True where the next run of a queue leaves no slot for one more of it.</summary>
    private bool IsLast(ModelQueue queue) => Free == 1 || queue.Running + 1 == queue.Instances;

    private static double ShareOf(ModelQueue queue) =>
        queue.Used + (queue.Running * queue.Cost.Mean.Ticks / (double)queue.Weight);

    private void Begin(ModelQueue queue)
    {
        Check.That(Free > 0);
        _served = Math.Max(_served, queue.Used);
        Free--;
        queue.Running++;
    }
}
