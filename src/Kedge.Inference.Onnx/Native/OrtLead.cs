namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// Who leads the runs of a session. Problem: a run spreads over its leader and the threads of the session's pool; with
/// more leaders beside the pool there are more threads than processors, and each run waits, in the middle of an
/// operation, for a helper that has just been put to sleep for another: a quarter of the processors' time is lost.
/// Approach: only as many long runs are led by their callers as there are processors beside the pool; further ones are
/// led by threads of the pool, whose callers sleep. So no more threads compute than there are processors, however many
/// runs are under way, and each has as many helpers as are left over. Who runs a session again and again borrows such a
/// thread instead of sleeping (<see cref="OrtLoan"/>). A short run is always led by its caller: it would end before
/// another thread has woken. Runs that end at once may miss each other's time: it is no more than a hint.
/// </summary>
/// <param name="helpers">Threads of the session's pool; 0 where it computes on its callers' threads alone.</param>
/// <param name="callersMax">Callers that may lead long runs at once, 1 or more.</param>
/// <param name="seats">Of all sessions of the process.</param>
internal sealed class OrtLead(int helpers, int callersMax, OrtSeats seats)
{
    /// <summary>Runs below are short: about ten times what it takes to wake a thread and to be woken by it.</summary>
    private static readonly long LongTicks = TimeSpan.FromMicroseconds(500).Ticks;

    private readonly OrtSeats _inPool = new();
    private long _usualTicks;

    /// <summary>How a run that begins now is led.</summary>
    internal OrtLeader Choose() =>
        !IsSpread ? OrtLeader.Caller
        : seats.TryTake(callersMax) ? OrtLeader.SeatedCaller
        : _inPool.TryTake(helpers) ? OrtLeader.Pool
        : OrtLeader.Caller;

    /// <summary>
    /// True where a run that begins now would be led by a thread of the pool, which then may be lent. Only by a pool of
    /// one: what the runtime gives to a thread of several waits for that thread, and a loan has no end while requests
    /// come.
    /// </summary>
    internal bool MayLend => helpers == 1 && IsSpread && seats.AreTaken(callersMax);

    /// <summary>True where a thread is lent from now on, until <see cref="EndLoan"/>.</summary>
    internal bool TryLend() => MayLend && _inPool.TryTake(helpers);

    /// <summary>The thread is the pool's again.</summary>
    internal void EndLoan() => _inPool.Leave();

    private bool IsSpread => helpers > 0 && Volatile.Read(ref _usualTicks) >= LongTicks;

    /// <summary>A run has ended.</summary>
    /// <param name="leader">What <see cref="Choose"/> said.</param>
    /// <param name="taken">How long it took.</param>
    internal void End(OrtLeader leader, TimeSpan taken)
    {
        const int Remembered = 8;
        if (leader == OrtLeader.SeatedCaller)
        {
            seats.Leave();
        }
        else if (leader == OrtLeader.Pool)
        {
            _inPool.Leave();
        }

        long usual = Volatile.Read(ref _usualTicks);
        Volatile.Write(ref _usualTicks, usual == 0 ? taken.Ticks : usual + ((taken.Ticks - usual) / Remembered));
    }
}
