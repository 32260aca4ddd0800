using Kedge.Core;

namespace Kedge.Inference.Sessions;

/// <summary>
/// Ends a run before its time: whoever waits asks, from any thread; the driver that runs says how it is told. What has
/// not begun when it is asked does not begin. A runtime looks between two operations of a model, so what has begun ends
/// a little later, or still succeeds. It allocates nothing.
/// </summary>
public sealed class RunStop
{
    private readonly Lock _gate = new();
    private Action? _end;
    private bool _isAsked;

    /// <summary>True once somebody asked, until <see cref="Clear"/>.</summary>
    public bool IsAsked
    {
        get
        {
            lock (_gate)
            {
                return _isAsked;
            }
        }
    }

    /// <summary>Asks for the end of the run that is under way, or of the next one.</summary>
    public void Ask()
    {
        lock (_gate)
        {
            _isAsked = true;
            _end?.Invoke();
        }
    }

    /// <summary>
    /// For drivers: a run begins, and <paramref name="end"/> ends it, called on another thread and never after
    /// <see cref="End"/>. False when it must not begin.
    /// </summary>
    public bool TryBegin(Action end)
    {
        lock (_gate)
        {
            Check.That(_end is null);
            _end = _isAsked ? null : end;
            return !_isAsked;
        }
    }

    /// <summary>For drivers: the run is over.</summary>
    public void End()
    {
        lock (_gate)
        {
            _end = null;
        }
    }

    /// <summary>Forgets that somebody asked. Nobody may ask any more for what went before.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _isAsked = false;
        }
    }
}
