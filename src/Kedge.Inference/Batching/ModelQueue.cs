using Kedge.Core;

namespace Kedge.Inference.Batching;

/// <summary>
/// What waits for one model.
/// <para>Problem: a runtime computes eight rows in little more than the time of one, but a request that waits for
/// seven others may wait for nothing; and a queue that only grows answers nobody in time.</para>
/// <para>Approach: one list for each level of priority. The oldest request of the highest level is always in the next
/// run; others of the same shape join it in order, up to the largest size. Without a delay a run takes what waits at
/// that moment: batches grow by themselves while the processors are busy. With one, a run that is not full waits where
/// the next request is expected so soon that all of them, it included, are answered earlier together than one after the
/// other. Where rows cost nearly as much together as alone, each is computed by itself: nobody gains from waiting for
/// the rows of others. Whoever finds as many waiting as may is refused, with the time after which it is worth coming
/// again.</para>
/// <para>Invariants: never more entries than allowed; never more runs than instances; of one level and one shape the
/// first that came is the first that is computed; no entry past its deadline is computed.</para>
/// <para>It does not know of slots: <see cref="SlotMachine"/> says when a run may begin. One caller at a time.</para>
/// </summary>
public sealed class ModelQueue
{
    /// <summary>A gap so many times the delay is as good as endless.</summary>
    private const int GapsMax = 4;

    /// <summary>
    /// A row costs so many times what a run saves that computing together gains less than an eighth.
    /// </summary>
    private const int RowsPerGainMax = 8;

    /// <summary>More of them waiting for each instance are a queue that grows, not a few that came together.</summary>
    private const int CrowdPerInstance = 4;

    /// <summary>Whoever is expected after one gap and has not come after so many is not expected any more.</summary>
    private const int GapsPatience = 3;

    private readonly BatchingOptions _options;
    private readonly TimeSpan _delay;
    private readonly EntryList[] _levels;
    private readonly GapMeter _arrivals = new();
    private readonly GapMeter _departures = new();
    private TimeSpan _deadline = QueueEntry.Never;

    /// <summary>A queue that is empty.</summary>
    /// <param name="options">As in the configuration, verified.</param>
    /// <param name="instances">Runs at once, 1 or more.</param>
    /// <param name="canBatch">False computes every request by itself, whatever the options say.</param>
    public ModelQueue(SchedulingOptions options, int instances, bool canBatch)
    {
        Check.That(instances > 0);
        _options = options.Batching;
        _delay = TimeSpan.FromMicroseconds(_options.MaxDelayUs);
        _levels = new EntryList[_options.Levels];
        for (int i = 0; i < _levels.Length; i++)
        {
            _levels[i] = new EntryList();
        }

        Instances = instances;
        Weight = options.Weight;
        IsBatching = canBatch && _options.IsBatching;
    }

    /// <summary>Runs at once.</summary>
    public int Instances { get; }

    /// <summary>Share against other models.</summary>
    public int Weight { get; }

    /// <summary>True while requests are computed together.</summary>
    public bool IsBatching { get; private set; }

    /// <summary>Requests that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Runs that are under way. Written by <see cref="SlotMachine"/>.</summary>
    public int Running { get; internal set; }

    /// <summary>What a run costs.</summary>
    public RunCost Cost { get; } = new();

    /// <summary>
    /// Computing time used so far by its weight, for the share. Written by <see cref="SlotMachine"/>.
    /// </summary>
    internal double Used { get; set; }

    /// <summary>When the next entry may be late; not after it.</summary>
    internal TimeSpan NextDeadline => Count == 0 ? QueueEntry.Never : _deadline;

    /// <summary>After what time a request that is refused now is worth sending again.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            TimeSpan each = _departures.Mean ?? (Cost.Mean / Instances);
            double seconds = Math.Ceiling(each.TotalSeconds * Math.Max(Count, 1));
            return TimeSpan.FromSeconds(Math.Clamp(
                seconds, BatchLimits.RetryMin.TotalSeconds, BatchLimits.RetryMax.TotalSeconds));
        }
    }

    /// <summary>Computes every request by itself from now on: the model's outputs do not follow its rows.</summary>
    public void StopBatching() => IsBatching = false;

    /// <summary>Takes a request in, or says in its verdict why not.</summary>
    internal QueueVerdict Admit(QueueEntry entry, TimeSpan now, EntryList refused)
    {
        entry.Verdict = QueueVerdict.Unknown;
        entry.ArrivedAt = now;
        entry.Rows = 1;
        entry.IsAlone = !IsBatching;
        entry.Level = LevelOf(entry.Priority);
        entry.Deadline = DeadlineOf(entry, now);
        if (IsBatching)
        {
            _arrivals.Add(now, _delay * GapsMax);
            if (!entry.TryMeasure(_options.MaxSize))
            {
                return entry.Verdict;
            }
        }

        int levelMax = _options.Priorities.IsDefaultOrEmpty ? 0 : _options.Priorities[entry.Level].QueueMax;
        levelMax = levelMax == 0 ? _options.QueueMax : levelMax;
        if (IsFull(entry.Level, levelMax))
        {
            Sweep(now, refused);
            if (IsFull(entry.Level, levelMax))
            {
                return entry.Verdict = QueueVerdict.Full;
            }
        }

        _levels[entry.Level].Append(entry);
        Count++;
        _deadline = entry.Deadline < _deadline ? entry.Deadline : _deadline;
        return entry.Verdict = QueueVerdict.Waits;
    }

    /// <summary>
    /// Fills a batch with what should run now; false when nothing waits, or what waits should wait longer.
    /// </summary>
    /// <param name="now">The caller's clock.</param>
    /// <param name="batch">Empty; filled when true.</param>
    /// <param name="isLast">True where a run leaves no slot for the next one.</param>
    /// <param name="refused">Takes those that are late or gone.</param>
    /// <param name="wakeAt">When it may be otherwise although nothing comes.</param>
    internal bool TryTake(TimeSpan now, Batch batch, bool isLast, EntryList refused, out TimeSpan wakeAt)
    {
        Expire(now, refused);
        wakeAt = _deadline;
        TimeSpan oldest = Gather(batch, refused, out int preferred, out bool isFull);
        if (batch.Count == 0)
        {
            return false;
        }

        if (preferred > 0)
        {
            batch.Keep(preferred);
        }
        else if (!isFull && WaitUntil(now, oldest, batch.Count, batch.Rows, isLast) is { } until)
        {
            batch.Clear();
            wakeAt = until < wakeAt ? until : wakeAt;
            return false;
        }

        foreach (QueueEntry entry in batch.Members)
        {
            Release(entry);
        }

        batch.Queue = this;
        wakeAt = now;
        return true;
    }

    /// <summary>True when a request that just came, to an empty queue, need not wait for others.</summary>
    internal bool RunsAtOnce(QueueEntry entry, bool isLast, TimeSpan now) =>
        entry.IsAlone || entry.Rows == _options.MaxSize || _options.Preferred.Contains(entry.Rows)
        || WaitUntil(now, now, 1, entry.Rows, isLast) is null;

    /// <summary>Lets one go that runs now.</summary>
    internal void Release(QueueEntry entry)
    {
        Remove(entry);
        entry.Verdict = QueueVerdict.Runs;
    }

    /// <summary>Counts a run that ended, with its requests.</summary>
    internal void CountRun(int requests, int rows, TimeSpan time, TimeSpan now)
    {
        Cost.Add(rows, time);
        if (Count == 0)
        {
            // What ends while nothing waits comes as fast as it is asked for, not as fast as it can.
            _departures.Pause();
            return;
        }

        for (int i = 0; i < requests; i++)
        {
            _departures.Add(now, BatchLimits.RetryMax);
        }
    }

    /// <summary>Moves whoever is late or gone to the refused, and looks anew for the next deadline.</summary>
    internal void Sweep(TimeSpan now, EntryList refused)
    {
        _deadline = QueueEntry.Never;
        foreach (EntryList level in _levels)
        {
            for (QueueEntry? entry = level.First; entry is not null;)
            {
                QueueEntry? next = entry.Next;
                QueueVerdict why = entry.Deadline <= now ? QueueVerdict.Late
                    : entry.Gone.IsCancellationRequested ? QueueVerdict.Gone
                    : QueueVerdict.Waits;
                if (why == QueueVerdict.Waits)
                {
                    _deadline = entry.Deadline < _deadline ? entry.Deadline : _deadline;
                }
                else
                {
                    Refuse(entry, why, refused);
                }

                entry = next;
            }
        }
    }

    /// <summary>Moves every entry to the refused.</summary>
    internal void Close(EntryList refused)
    {
        foreach (EntryList level in _levels)
        {
            while (level.First is { } entry)
            {
                Refuse(entry, QueueVerdict.Closed, refused);
            }
        }
    }

    private void Expire(TimeSpan now, EntryList refused)
    {
        if (now >= _deadline)
        {
            Sweep(now, refused);
        }
    }

    /// <summary>The first, and whoever joins it; returns when the oldest of them came.</summary>
    private TimeSpan Gather(Batch batch, EntryList refused, out int preferred, out bool isFull)
    {
        bool isAlone = !IsBatching || !GainsTogether();
        preferred = 0;
        isFull = false;
        TimeSpan oldest = TimeSpan.MaxValue;
        foreach (EntryList level in _levels)
        {
            for (QueueEntry? entry = level.First; entry is not null && !isFull;)
            {
                QueueEntry? next = entry.Next;
                if (entry.Gone.IsCancellationRequested)
                {
                    Refuse(entry, QueueVerdict.Gone, refused);
                }
                else if (batch.Count == 0 || batch[0].Joins(entry))
                {
                    isFull = batch.Count > 0 && batch.Rows + entry.Rows > _options.MaxSize;
                    if (!isFull)
                    {
                        batch.Add(entry);
                        oldest = entry.ArrivedAt < oldest ? entry.ArrivedAt : oldest;
                        preferred = _options.Preferred.Contains(batch.Rows) ? batch.Count : preferred;
                        isFull = isAlone || entry.IsAlone || batch.Rows >= _options.MaxSize;
                    }
                }

                entry = next;
            }
        }

        return oldest;
    }

    /// <summary>Until when so many requests wait for one more; null when they should not.</summary>
    private TimeSpan? WaitUntil(TimeSpan now, TimeSpan oldest, int requests, int rows, bool isLast)
    {
        TimeSpan until = oldest + _delay;
        if (now >= until)
        {
            return null;
        }

        if (!_options.IsAdaptive)
        {
            return until;
        }

        if (!isLast || _arrivals.Mean is not { } gap || now + gap > until || !Repays(gap, requests, rows))
        {
            return null;
        }

        TimeSpan patience = _arrivals.Last + (gap * GapsPatience) + TimeSpan.FromMicroseconds(1);
        return now >= patience ? null : patience < until ? patience : until;
    }

    /// <summary>
    /// True when so many requests and the next one are answered earlier, all times together, if they wait for it.
    /// <para>A run costs F and c for each row; the next request, of one row, comes after a gap g. Where n of n rows run
    /// now, they take n (F + n c), and it, which finds no slot, F + n c - g + F + c. Where they wait, all take
    /// F + (n + 1) c and the n wait g. The difference is F - n c - (n + 1) g. Nothing is gained while nothing is known
    /// of the cost, nor where another slot is free: there the next one waits for nobody.</para>
    /// </summary>
    private bool Repays(TimeSpan gap, int requests, int rows) =>
        Cost.Fixed is { } same && Cost.Row is { } row && (gap * (requests + 1)) + (row * rows) < same;

    /// <summary>
    /// True when those that wait are answered earlier together, or when so many wait that only fewer runs help.
    /// <para>One by one, on m instances, k of them take (F + c)(1 + (k - 1) / 2m) in the mean; together F + k c. The
    /// second is less where (2m - 1) c is less than F, however many they are.</para>
    /// </summary>
    private bool GainsTogether()
    {
        if (!_options.IsAdaptive || !Cost.IsSure || Cost.Fixed is not { } same || Cost.Row is not { } row)
        {
            return true;
        }

        return row * ((2 * Instances) - 1) <= same
            || (row <= same * RowsPerGainMax && Count > Instances * CrowdPerInstance);
    }

    private bool IsFull(int level, int levelMax) => Count >= _options.QueueMax || _levels[level].Count >= levelMax;

    private int LevelOf(int priority)
    {
        int asked = priority > 0 ? priority : _options.DefaultPriority;
        return (asked > 0 ? Math.Min(asked, _levels.Length) : _levels.Length) - 1;
    }

    private TimeSpan DeadlineOf(QueueEntry entry, TimeSpan now)
    {
        long ofLevel = _options.Priorities.IsDefaultOrEmpty ? 0 : _options.Priorities[entry.Level].TimeoutUs;
        long microseconds = ofLevel > 0 ? ofLevel : _options.TimeoutUs;
        TimeSpan timeout = microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : QueueEntry.Never;
        timeout = entry.Timeout > TimeSpan.Zero && entry.Timeout < timeout ? entry.Timeout : timeout;
        return timeout < QueueEntry.Never - now ? now + timeout : QueueEntry.Never;
    }

    private void Refuse(QueueEntry entry, QueueVerdict why, EntryList refused)
    {
        Remove(entry);
        entry.Verdict = why;
        refused.Append(entry);
    }

    private void Remove(QueueEntry entry)
    {
        _levels[entry.Level].Remove(entry);
        Count--;
    }
}
