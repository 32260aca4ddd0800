namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// Who leads the runs of a session. Problem: a run spreads over its leader and the threads of the session's pool; with
/// two leaders beside the pool there are more threads than processors, and each run waits, in the middle of an
/// operation, for a helper that has just been put to sleep for the other: a quarter of the processors' time is lost.
/// Approach: while one long run is led by its caller, every further one is led by a thread of the pool, whose caller
/// sleeps. So no more threads compute than the session may use, however many runs are under way, and each has as many
/// helpers as are left over. A short run is always led by its caller: it would end before another thread has woken.
/// Runs that end at once may miss each other's time: it is no more than a hint.
/// </summary>
/// <param name="hasPool">False where the session computes on its caller's thread alone.</param>
/// <param name="seat">Who leads a long run as its caller; shared by all sessions of the process.</param>
internal sealed class OrtLead(bool hasPool, OrtSeat seat)
{
    /// <summary>Runs below are short: about ten times what it takes to wake a thread and to be woken by it.</summary>
    private static readonly long LongTicks = TimeSpan.FromMicroseconds(500).Ticks;

    private long _usualTicks;

    /// <summary>How a run that begins now is led.</summary>
    internal OrtLeader Choose()
    {
        if (!hasPool || Volatile.Read(ref _usualTicks) < LongTicks)
        {
            return OrtLeader.CallerOfShort;
        }

        return seat.TryTake() ? OrtLeader.CallerOfLong : OrtLeader.Pool;
    }

    /// <summary>A run has ended.</summary>
    /// <param name="leader">What <see cref="Choose"/> said.</param>
    /// <param name="taken">How long it took.</param>
    internal void End(OrtLeader leader, TimeSpan taken)
    {
        const int Remembered = 8;
        if (leader == OrtLeader.CallerOfLong)
        {
            seat.Leave();
        }

        long usual = Volatile.Read(ref _usualTicks);
        Volatile.Write(ref _usualTicks, usual == 0 ? taken.Ticks : usual + ((taken.Ticks - usual) / Remembered));
    }
}
