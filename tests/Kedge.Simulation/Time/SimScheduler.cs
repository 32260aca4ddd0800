using Kedge.Core;

namespace Kedge.Simulation.Time;

/// <summary>
/// Virtual time on one thread: actions in order of their time, then of their arrival. Whatever a simulated world does
/// happens in here, so that a seed replays exactly.
/// </summary>
internal sealed class SimScheduler
{
    private readonly PriorityQueue<Entry, (long Ticks, long Order)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    /// <summary>Time since the world began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Actions run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Runs an action after a while; the result takes it back.</summary>
    public Entry After(TimeSpan delay, Action action)
    {
        Check.That(Environment.CurrentManagedThreadId == _thread);
        Check.That(delay >= TimeSpan.Zero);
        Entry entry = new(action);
        _queue.Enqueue(entry, ((Now + delay).Ticks, _order++));
        return entry;
    }

    /// <summary>Runs the next action; false when none waits before <paramref name="until"/>.</summary>
    public bool Step(TimeSpan until)
    {
        while (_queue.TryPeek(out Entry? entry, out (long Ticks, long Order) at) && at.Ticks <= until.Ticks)
        {
            _queue.Dequeue();
            if (entry.IsCancelled)
            {
                continue;
            }

            Now = TimeSpan.FromTicks(Math.Max(at.Ticks, Now.Ticks));
            Steps++;
            entry.Run();
            return true;
        }

        Now = until > Now ? until : Now;
        return false;
    }

    /// <summary>One action that waits.</summary>
    internal sealed class Entry(Action action)
    {
        public bool IsCancelled { get; private set; }

        public void Cancel() => IsCancelled = true;

        public void Run() => action();
    }
}
