namespace Kedge.Inference.Batching;

/// <summary>The usual time between two events of one kind, of which old ones count less and less.</summary>
public sealed class GapMeter
{
    private const double Share = 0.1;
    private TimeSpan? _last;

    /// <summary>The usual time; null before the second event.</summary>
    public TimeSpan? Mean { get; private set; }

    /// <summary>When the last one was.</summary>
    public TimeSpan Last => _last ?? TimeSpan.Zero;

    /// <summary>Takes in an event.</summary>
    /// <param name="now">When it happened; not before the one before.</param>
    /// <param name="gapMax">A longer time counts as this one, so that one pause does not outweigh a hundred.</param>
    public void Add(TimeSpan now, TimeSpan gapMax)
    {
        if (_last is { } last)
        {
            TimeSpan gap = now - last;
            gap = gap < TimeSpan.Zero ? TimeSpan.Zero : gap > gapMax ? gapMax : gap;
            Mean = Mean is { } mean ? mean + ((gap - mean) * Share) : gap;
        }

        _last = now;
    }

    /// <summary>The next event begins anew: the time since the last says nothing.</summary>
    public void Pause() => _last = null;
}
