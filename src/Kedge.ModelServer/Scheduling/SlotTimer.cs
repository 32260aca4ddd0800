using Kedge.Native;

namespace Kedge.ModelServer.Scheduling;

/// <summary>
/// The one thread of a process that waits for delays and deadlines of queues, to within microseconds. It computes
/// nothing: it only asks the slots to look again.
/// </summary>
internal sealed class SlotTimer : IDisposable
{
    private readonly FineTimer _timer = new();
    private readonly Action _look;
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="look">Looks what is due; called on the timer's thread.</param>
    internal SlotTimer(Action look)
    {
        _look = look;
        _thread = new Thread(Run) { IsBackground = true, Name = "slot timer" };
        _thread.Start();
    }

    /// <summary>Looks after this time, in the place of what was set before.</summary>
    internal void Set(TimeSpan fromNow) => _timer.Set(fromNow);

    public void Dispose()
    {
        _ended = true;
        _timer.Set(TimeSpan.Zero);
        _thread.Join();
        _timer.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _timer.Wait();
            if (_ended)
            {
                return;
            }

            _look();
        }
    }
}
