namespace Kedge.Native;

/// <summary>
/// Wakes one thread at a time that others set, to within some microseconds: a timerfd on the monotonic clock. The
/// runtime's own timers count milliseconds.
/// </summary>
public sealed unsafe class FineTimer : IDisposable
{
    private readonly FileDescriptor _descriptor =
        FileDescriptor.FromCall(Libc.TimerDescriptor(Libc.ClockMonotonic, 0x80000), "make a timer");

    /// <summary>
    /// Fires once after this time, at once when it is zero or less; in the place of what was set before. Safe from any
    /// thread.
    /// </summary>
    public void Set(TimeSpan fromNow)
    {
        long nanoseconds = Math.Max(fromNow.Ticks * TimeSpan.NanosecondsPerTick, 1);
        TimerSetting setting = new()
        {
            FirstSeconds = nanoseconds / 1_000_000_000,
            FirstNanoseconds = nanoseconds % 1_000_000_000,
        };
        if (Libc.SetTimer(_descriptor.Number, 0, &setting, null) < 0)
        {
            throw NativeException.Last("set a timer");
        }

        GC.KeepAlive(this);
    }

    /// <summary>Waits until it fires. For one thread.</summary>
    public void Wait()
    {
        ulong count;
        while (Libc.Read(_descriptor.Number, &count, sizeof(ulong)) < 0)
        {
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw NativeException.Last("wait for a timer");
            }
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
