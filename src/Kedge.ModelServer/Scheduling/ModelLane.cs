using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Scheduling;

/// <summary>
/// One model's way to the processors: computes a request at once where a slot is free, else lets it wait and computes
/// it with others. Invariants: every request that came in is completed once; a slot that was taken is given back,
/// whatever the runtime does; a request that fails fails alone.
/// </summary>
internal sealed class ModelLane : IDisposable
{
    private readonly Func<InferenceCall, Finding?> _compute;
    private readonly Func<IInferenceSession?> _lender;
    private readonly ModelSignature _signature;
    private readonly ComputeSlots _slots;
    private readonly ModelCounters _counters;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Stack<JoinedCall> _joined = new();
    private readonly bool _computesTogether;
    private long _usualTicks = TimeSpan.MaxValue.Ticks;

    /// <param name="signature">Of the model.</param>
    /// <param name="compute">Computes one call; called by several threads at once.</param>
    /// <param name="lender">The session that lends threads; null for none just now.</param>
    /// <param name="scheduling">How it shares the process.</param>
    /// <param name="slots">Those of the process.</param>
    /// <param name="counters">Counts runs.</param>
    /// <param name="time">For timestamps.</param>
    /// <exception cref="KedgeException">
    /// Batching is asked for a model that cannot be batched (KEDGE-INFER-035).
    /// </exception>
    internal ModelLane(
        ModelSignature signature,
        Func<InferenceCall, Finding?> compute,
        Func<IInferenceSession?> lender,
        SchedulingOptions scheduling,
        ComputeSlots slots,
        ModelCounters counters,
        TimeProvider time)
    {
        _signature = signature;
        _compute = compute;
        _lender = lender;
        _slots = slots;
        _counters = counters;
        _time = time;
        if (scheduling.Batching.MaxSize > 1 && JoinedCall.WhyNever(signature) is { } never)
        {
            throw new KedgeException(Kedge.Inference.Errors.InferErrors.BatchImpossible, never.Message);
        }

        _computesTogether = scheduling.Batching.MaxSize > 1;
        int instances = scheduling.Instances == 0 ? slots.Count : Math.Min(scheduling.Instances, slots.Count);
        Queue = new ModelQueue(scheduling, instances, canBatch: true);
        slots.Add(Queue);
    }

    /// <summary>What waits. Touched under the lock of the slots only.</summary>
    internal ModelQueue Queue { get; }

    /// <summary>Requests that wait now.</summary>
    internal int Waiting => _slots.CountWaiting(Queue);

    /// <summary>
    /// Time of a run lately, old ones count less and less; endless before the first. Runs that end at once may miss
    /// each other: it is no more than a hint.
    /// </summary>
    internal TimeSpan UsualTime => TimeSpan.FromTicks(Volatile.Read(ref _usualTicks));

    /// <summary>See <see cref="ServedModel.RunAsync"/>.</summary>
    internal ValueTask<Finding?> RunAsync(InferenceRun run, in RequestTerms terms)
    {
        short turn = run.Begin(this, terms);
        QueueVerdict verdict = _slots.Arrive(Queue, run);
        if (verdict == QueueVerdict.Waits)
        {
            return new ValueTask<Finding?>(run, turn);
        }

        if (verdict == QueueVerdict.Runs)
        {
            run.ComputeStartedAt = run.ReadAt;
            try
            {
                return new ValueTask<Finding?>(ComputeOne(run));
            }
            finally
            {
                long ended = _time.GetTimestamp();
                _ = Remember(run.ReadAt, ended);
                _slots.Finish(Queue, 1, run.Entry.Rows, run.ReadAt, ended);
            }
        }

        run.Refuse(verdict);
        return new ValueTask<Finding?>(run.Fault);
    }

    /// <summary>
    /// Computes a batch that has a slot, gives the slot on, and completes every request of it. Returns the batch that
    /// this thread computes next, with its slot.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="isLent">True on a thread of a session's own: answers are sent by others.</param>
    internal BatchRun? Compute(BatchRun batch, bool isLent)
    {
        long started = _time.GetTimestamp();
        try
        {
            for (int i = 0; i < batch.Batch.Count; i++)
            {
                batch.RunOf(i).ComputeStartedAt = started;
            }

            if (batch.Batch.Count == 1 || !TryTogether(batch, started))
            {
                ComputeEach(batch);
            }
        }
        catch (Exception failure)
        {
            // Whoever waits for the answer gets it, and decides.
            for (int i = 0; i < batch.Batch.Count; i++)
            {
                batch.RunOf(i).Failure = failure;
            }
        }

        BatchRun? next = Finish(batch.Batch, started);
        Complete(batch, isBusy: isLent || next is not null);
        return next;
    }

    /// <summary>See <see cref="IInferenceSession.TryLend"/>, of the model's session.</summary>
    internal bool TryLend(IThreadPoolWorkItem work) => _lender()?.TryLend(work) == true;

    /// <summary>
    /// True where a thread that the model's session has lent goes on with a batch: of this model while a caller's
    /// thread would do no better, of another where a run is so short that no other thread would have woken before its
    /// end.
    /// </summary>
    internal bool Keeps(BatchRun next)
    {
        ModelLane lane = next.RunOf(0).Lane;
        return lane == this ? _lender()?.MayLend == true : lane.UsualTime < ServeLimits.LongRunTime;
    }

    /// <summary>Lets go of memory that belongs to a session, once nobody computes.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            _joined.Clear();
        }
    }

    public void Dispose() => _slots.Remove(Queue);

    /// <summary>Gives the slot on; what is returned is computed next by this thread.</summary>
    private BatchRun? Finish(Batch batch, long started)
    {
        long ended = _time.GetTimestamp();
        if (Remember(started, ended) >= ServeLimits.LongRunTime && !_computesTogether)
        {
            return _slots.FinishAndTake(Queue, batch.Count, batch.Rows, started, ended);
        }

        _slots.Finish(Queue, batch.Count, batch.Rows, started, ended);
        return null;
    }

    /// <summary>Counts a run's time in the usual one; returns it.</summary>
    private TimeSpan Remember(long started, long ended)
    {
        const int Remembered = 8;
        TimeSpan taken = _time.GetElapsedTime(started, ended);
        long usual = Volatile.Read(ref _usualTicks);
        Volatile.Write(
            ref _usualTicks,
            usual == TimeSpan.MaxValue.Ticks ? taken.Ticks : usual + ((taken.Ticks - usual) / Remembered));
        return taken;
    }

    /// <summary>Completes every request of a batch: the last one here, unless this thread is busy.</summary>
    private void Complete(BatchRun batch, bool isBusy)
    {
        int others = isBusy ? batch.Batch.Count : batch.Batch.Count - 1;
        for (int i = 0; i < others; i++)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(batch.RunOf(i), preferLocal: false);
        }

        InferenceRun? here = isBusy ? null : batch.RunOf(others);
        _slots.Return(batch);
        here?.Execute();
    }

    private void ComputeEach(BatchRun batch)
    {
        for (int i = 0; i < batch.Batch.Count; i++)
        {
            InferenceRun run = batch.RunOf(i);
            run.Fault = ComputeOne(run);
        }
    }

    private Finding? ComputeOne(InferenceRun run)
    {
        run.GatheredAt = _time.GetTimestamp();
        Finding? fault = ComputeWhileWanted(run);
        run.ComputedAt = _time.GetTimestamp();
        run.InferredAt = run.ComputedAt;
        if (fault is null)
        {
            _counters.CountRun(
                _time, run.Entry.Rows, new RunTimes(run.GatheredAt, run.GatheredAt, run.InferredAt, run.ComputedAt));
        }

        return fault;
    }

    /// <summary>Ends the run when whoever asked goes; one that has gone is not computed at all.</summary>
    private Finding? ComputeWhileWanted(InferenceRun run)
    {
        if (!run.Entry.Gone.CanBeCanceled)
        {
            return _compute(run.Call);
        }

        CancellationTokenRegistration watch =
            run.Entry.Gone.UnsafeRegister(static stop => ((RunStop)stop!).Ask(), run.Call.Stop);
        try
        {
            return _compute(run.Call);
        }
        finally
        {
            watch.Dispose(); // Waits for whoever asks just now: the next request has the same stop.
        }
    }

    /// <summary>Computes all of them in one run; false when they must be computed one by one.</summary>
    private bool TryTogether(BatchRun batch, long started)
    {
        JoinedCall joined = RentJoined();
        try
        {
            if (!joined.TryGather(batch.Batch))
            {
                return false;
            }

            long gathered = _time.GetTimestamp();
            Finding? fault = ComputeWhileWanted(batch, joined);
            long inferred = _time.GetTimestamp();
            if (fault is not null && joined.Call.Stop.IsAsked)
            {
                GiveUp(batch, fault, inferred);
                return true;
            }

            if (fault is not null)
            {
                // One of them may be at fault: it must not fail the others.
                return false;
            }

            if (!joined.TryScatter(batch.Batch))
            {
                _slots.StopBatching(Queue);
                return false;
            }

            long computed = _time.GetTimestamp();
            for (int i = 0; i < batch.Batch.Count; i++)
            {
                InferenceRun run = batch.RunOf(i);
                run.GatheredAt = gathered;
                run.InferredAt = inferred;
                run.ComputedAt = computed;
            }

            _counters.CountRun(_time, batch.Batch.Rows, new RunTimes(started, gathered, inferred, computed));
            return true;
        }
        finally
        {
            ReturnJoined(joined);
        }
    }

    private Finding? ComputeWhileWanted(BatchRun batch, JoinedCall joined)
    {
        batch.Stop.Watch(batch.Batch, joined.Call.Stop);
        try
        {
            return _compute(joined.Call);
        }
        finally
        {
            batch.Stop.Release();
        }
    }

    /// <summary>Nobody waits for any of them.</summary>
    private static void GiveUp(BatchRun batch, Finding fault, long now)
    {
        for (int i = 0; i < batch.Batch.Count; i++)
        {
            InferenceRun run = batch.RunOf(i);
            run.GatheredAt = now;
            run.InferredAt = now;
            run.ComputedAt = now;
            run.Fault = fault;
        }
    }

    private JoinedCall RentJoined()
    {
        lock (_gate)
        {
            if (_joined.TryPop(out JoinedCall? joined))
            {
                return joined;
            }
        }

        return new JoinedCall(_signature);
    }

    private void ReturnJoined(JoinedCall joined)
    {
        joined.Trim(ServeLimits.KeptBytesMax);
        lock (_gate)
        {
            _joined.Push(joined);
        }
    }
}
