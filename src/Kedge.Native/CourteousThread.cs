namespace Kedge.Native;

/// <summary>
/// Lets a thread give way. .NET's thread priorities change nothing on Linux; the nice value of a thread does, and on
/// Linux it belongs to the thread (setpriority(2), "C library/kernel differences").
/// </summary>
public static unsafe class CourteousThread
{
    private const uint ThisThread = 0;
    private const int NiceValue = 10;

    /// <summary>
    /// From now on the calling thread gets what others leave: about a tenth of a core that others want. There is no way
    /// back, so it is for threads of one's own. Never fails: where it cannot, the priority stays.
    /// </summary>
    public static void GiveWay() => _ = Libc.SetPriority(0, ThisThread, NiceValue);

    /// <summary>
    /// From now on the calling thread, when it is woken, takes no processor from whoever computes there: it waits for a
    /// pause, or until its turn comes; its share stays the same (SCHED_BATCH, sched(7)). Never fails: where it cannot,
    /// it interrupts as before.
    /// </summary>
    public static void InterruptNobody()
    {
        int noPriority = 0;
        _ = Libc.SetScheduler((int)ThisThread, Libc.SchedulerBatch, &noPriority);
    }
}
