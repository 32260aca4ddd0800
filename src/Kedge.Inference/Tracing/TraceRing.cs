using Kedge.Inference.Control;

namespace Kedge.Inference.Tracing;

/// <summary>
/// Traces that wait for somebody to fetch them: the newest <paramref name="most"/>; older ones are overwritten and
/// counted. Safe from any thread.
/// </summary>
public sealed class TraceRing(int most)
{
    private readonly Lock _gate = new();
    private readonly Queue<ControlTrace> _waiting = new();
    private long _dropped;

    /// <summary>Traces that were overwritten.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    /// <summary>Adds one.</summary>
    public void Add(ControlTrace trace)
    {
        lock (_gate)
        {
            if (_waiting.Count == most)
            {
                _ = _waiting.Dequeue();
                _dropped++;
            }

            _waiting.Enqueue(trace);
        }
    }

    /// <summary>Takes the oldest out, so many at most.</summary>
    public ControlTrace[] Take(int count)
    {
        lock (_gate)
        {
            ControlTrace[] taken = new ControlTrace[Math.Min(count, _waiting.Count)];
            for (int i = 0; i < taken.Length; i++)
            {
                taken[i] = _waiting.Dequeue();
            }

            return taken;
        }
    }
}
