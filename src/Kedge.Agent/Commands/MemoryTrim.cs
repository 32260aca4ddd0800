using Kedge.Native;

namespace Kedge.Agent.Commands;

/// <summary>
/// Gives memory back after work. Problem: the collector sees a processor with a large cache and waits until that much
/// was allocated, which on a small device is more than the agent ever needs; and what a start or a swap called once
/// stays mapped. Approach: once the loop was busy, collect and return what is free or unused to the system; an idle
/// agent is not collected.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private const long WorthBytes = 128 * 1024;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Every so many periods pages go back also when next to nothing was allocated: five minutes.</summary>
    private const int QuietPeriods = 10;

    private readonly ITimer _timer;
    private long _allocated = -WorthBytes;
    private int _quiet;

    internal MemoryTrim(TimeProvider time) =>
        _timer = time.CreateTimer(static box => ((MemoryTrim)box!).Trim(), this, First, Period);

    public void Dispose() => _timer.Dispose();

    private void Trim()
    {
        if (GC.GetTotalAllocatedBytes() - _allocated >= WorthBytes)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            ResidentMemory.GiveBack();
            _allocated = GC.GetTotalAllocatedBytes();
            _quiet = 0;
        }
        else if (_quiet++ % QuietPeriods == 0)
        {
            // At first what the collection itself and the end of the work had mapped again, later what is rarely
            // called.
            ResidentMemory.GiveBack();
        }
    }
}
