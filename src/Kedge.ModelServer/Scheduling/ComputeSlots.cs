using Kedge.Inference.Batching;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Scheduling;

/// <summary>
/// Who of a process computes when: <see cref="SlotMachine"/> with a clock, a lock and threads.
/// <para>A request that finds a slot is computed where it is, on its own thread. One that waits is computed by a thread
/// of .NET's pool, woken by whoever gave the slot back, or by one that its session lends: no thread belongs to a model
/// here, and none waits for another. Each run queues behind whatever else the pool has to do, so that answers go out
/// while others are computed. After a long run of a model that computes requests one by one, the thread itself goes on
/// with the next, so that no processor waits for a thread to wake, and others send the answers; where requests are
/// computed together, the next run waits its turn, and more come meanwhile.</para>
/// <para>The lock is held for a few hundred nanoseconds, twice for each run; nothing is started under it.</para>
/// </summary>
internal sealed class ComputeSlots : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly SlotMachine _machine;
    private readonly Stack<BatchRun> _idle = new();
    private BatchRun? _next;
    private SlotTimer? _timer;
    private TimeSpan _armedAt = QueueEntry.Never;

    /// <param name="slots">Runs at once, 1 or more.</param>
    /// <param name="time">Its clock.</param>
    internal ComputeSlots(int slots, TimeProvider time)
    {
        _time = time;
        _machine = new SlotMachine(slots);
    }

    /// <summary>Runs at once.</summary>
    internal int Count => _machine.Slots;

    /// <summary>
    /// One for each run, one for each that has ended and is being completed while its slot has the next, and the one
    /// that is filled.
    /// </summary>
    private int IdleMax => (2 * _machine.Slots) + 1;

    /// <summary>As many as this process may use processors: its cpuset and its quota are counted.</summary>
    internal static ComputeSlots OfProcess(TimeProvider time)
    {
        // One thread more than may compute at once: answers go out and health is told while all slots are taken.
        int slots = Environment.ProcessorCount;
        ThreadPool.GetMinThreads(out int workers, out int completions);
        _ = ThreadPool.SetMinThreads(Math.Max(workers, slots + 1), completions);
        return new ComputeSlots(slots, time);
    }

    internal void Add(ModelQueue queue)
    {
        lock (_gate)
        {
            _machine.Add(queue);
        }
    }

    /// <summary>Whoever waits for it is refused.</summary>
    internal void Remove(ModelQueue queue)
    {
        lock (_gate)
        {
            _machine.Remove(queue);
        }

        Look();
    }

    /// <summary>A request has been read. Where it waits, its run is completed later.</summary>
    internal QueueVerdict Arrive(ModelQueue queue, InferenceRun run)
    {
        TimeSpan now = At(run.ReadAt);
        QueueVerdict verdict;
        IThreadPoolWorkItem? work;
        lock (_gate)
        {
            verdict = _machine.Arrive(queue, run.Entry, now);
            if (verdict == QueueVerdict.Runs)
            {
                return verdict;
            }

            run.RetryAfter = verdict == QueueVerdict.Full ? queue.RetryAfter : TimeSpan.Zero;
            work = Next(now);
        }

        Start(work);
        return verdict;
    }

    /// <summary>A run ended; its slot goes to whoever is next.</summary>
    internal void Finish(ModelQueue queue, int requests, int rows, long started, long ended)
    {
        IThreadPoolWorkItem? work;
        TimeSpan now = At(ended);
        lock (_gate)
        {
            _machine.Finish(queue, requests, rows, _time.GetElapsedTime(started, ended), now);
            work = Next(now);
        }

        Start(work);
    }

    /// <summary>A run ended; the caller computes what is returned, if anything is, with its slot.</summary>
    internal BatchRun? FinishAndTake(ModelQueue queue, int requests, int rows, long started, long ended)
    {
        IThreadPoolWorkItem? work;
        TimeSpan now = At(ended);
        lock (_gate)
        {
            _machine.Finish(queue, requests, rows, _time.GetElapsedTime(started, ended), now);
            work = Next(now);
        }

        if (work is not BatchRun mine)
        {
            Start(work);
            return null;
        }

        Start(More());
        return mine;
    }

    /// <summary>Takes a batch's memory back.</summary>
    internal void Return(BatchRun batch)
    {
        batch.Batch.Clear();
        lock (_gate)
        {
            if (_idle.Count < IdleMax)
            {
                _idle.Push(batch);
            }
        }
    }

    /// <summary>Computes requests of this model one by one from now on.</summary>
    internal void StopBatching(ModelQueue queue)
    {
        lock (_gate)
        {
            queue.StopBatching();
        }
    }

    /// <summary>Requests that wait for this model now.</summary>
    internal int CountWaiting(ModelQueue queue)
    {
        lock (_gate)
        {
            return queue.Count;
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        IThreadPoolWorkItem? work;
        lock (_gate)
        {
            _armedAt = QueueEntry.Never;
            work = Next(At(_time.GetTimestamp()));
        }

        Start(work);
    }

    private void Start(IThreadPoolWorkItem? work)
    {
        while (work is not null)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
            work = More();
        }
    }

    private IThreadPoolWorkItem? More()
    {
        lock (_gate)
        {
            return Next(At(_time.GetTimestamp()));
        }
    }

    /// <summary>The next thing that a thread has to do; null for nothing, with the timer set.</summary>
    private IThreadPoolWorkItem? Next(TimeSpan now)
    {
        _next ??= _idle.TryPop(out BatchRun? idle) ? idle : new BatchRun();
        if (_machine.TryStart(now, _next.Batch))
        {
            BatchRun next = _next;
            _next = null;
            return next;
        }

        if (_machine.TryRefuse(out QueueEntry? entry))
        {
            InferenceRun run = (InferenceRun)entry.Owner; // Nobody else makes entries here.
            run.Refuse(entry.Verdict);
            return run;
        }

        if (_machine.WakeAt < _armedAt)
        {
            _armedAt = _machine.WakeAt;
            _timer ??= new SlotTimer(Look);
            _timer.Set(_armedAt - now);
        }

        return null;
    }

    private TimeSpan At(long timestamp) => _time.GetElapsedTime(0, timestamp);
}
