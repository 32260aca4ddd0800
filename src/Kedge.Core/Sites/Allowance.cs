namespace Kedge.Core.Sites;

/// <summary>
/// What a limit lets through. A piece may go while nothing of the one before it is owed, and is owed then; time pays it
/// off at the rate of the limit. So over any span of time no more goes than the limit times the span and one piece, and
/// time in which nothing was sent is not saved up.
/// </summary>
public readonly record struct Allowance
{
    private readonly TimeSpan _at;
    private readonly double _owedBytes;
    private readonly long _rate;

    private Allowance(TimeSpan at, double owedBytes, long rate) => (_at, _owedBytes, _rate) = (at, owedBytes, rate);

    /// <summary>How long until the next piece may go, at the present rate.</summary>
    public TimeSpan Wait => _owedBytes <= 0 || _rate == 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks((long)Math.Ceiling(_owedBytes / _rate * TimeSpan.TicksPerSecond));

    /// <summary>What is owed at a time, from which on another rate counts. Of the rates before and from then on the
    /// smaller one pays, so that a limit that falls is never exceeded.</summary>
    /// <param name="now">The time, on a clock that only goes forward.</param>
    /// <param name="rate">Bytes per second, 0 for no limit.</param>
    public Allowance At(TimeSpan now, long rate)
    {
        if (rate == 0)
        {
            return new Allowance(now, 0, 0);
        }

        double paid = Math.Min(_rate, rate) * (now - _at).TotalSeconds;
        return new Allowance(now, Math.Max(0, _owedBytes - paid), rate);
    }

    /// <summary>A piece of so many bytes went.</summary>
    public Allowance Taken(int bytes) => _rate == 0 ? this : new Allowance(_at, _owedBytes + bytes, _rate);
}
