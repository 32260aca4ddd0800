using Kedge.Core;

namespace Kedge.Inference.Batching;

/// <summary>
/// What a run of a model costs: a part that is the same for every run and a part for each row, by least squares over
/// the runs so far, of which old ones count less and less. Constant memory; no more than arithmetic for each run.
/// </summary>
public sealed class RunCost
{
    /// <summary>What a run still counts after the next: fifty runs are remembered.</summary>
    private const double Keep = 0.98;

    /// <summary>Spread of sizes, in rows squared, below which nothing is known of the part for each row.</summary>
    private const double SpreadMin = 1e-3;

    /// <summary>Runs of several rows, old ones counted less, below which one that was held up says too much.</summary>
    private const double TogetherMin = 6;

    private double _together;
    private double _weight;
    private double _rows;
    private double _rowsSquared;
    private double _time;
    private double _rowsTime;

    /// <summary>True once a run was measured.</summary>
    public bool IsKnown => _weight > 0;

    /// <summary>Mean time of a run; zero while nothing is known.</summary>
    public TimeSpan Mean => IsKnown ? TimeSpan.FromTicks((long)(_time / _weight)) : TimeSpan.Zero;

    /// <summary>
    /// The part of a run's time that does not grow with its rows; null while runs of one size only were seen.
    /// </summary>
    public TimeSpan? Fixed
    {
        get
        {
            if (!IsKnown || Spread < SpreadMin)
            {
                return null;
            }

            double meanRows = _rows / _weight;
            double meanTime = _time / _weight;
            double slope = ((_rowsTime / _weight) - (meanRows * meanTime)) / Spread;
            return TimeSpan.FromTicks((long)Math.Clamp(meanTime - (slope * meanRows), 0, meanTime));
        }
    }

    /// <summary>What one more row adds to a run; null while runs of one size only were seen.</summary>
    public TimeSpan? Row => Fixed is { } same ? (Mean - same) / (_rows / _weight) : null;

    /// <summary>
    /// True when enough runs of several rows were seen lately to judge by them. Where only single rows are computed it
    /// becomes false after a while, so that what is known is looked at again.
    /// </summary>
    public bool IsSure => _together >= TogetherMin;

    private double Spread => (_rowsSquared / _weight) - (_rows / _weight * (_rows / _weight));

    /// <summary>Takes in one run.</summary>
    /// <param name="rows">Its rows, 1 or more.</param>
    /// <param name="time">Its time, zero or more.</param>
    public void Add(int rows, TimeSpan time)
    {
        Check.That(rows > 0);
        Check.That(time >= TimeSpan.Zero);
        double ticks = time.Ticks;
        _weight = (_weight * Keep) + 1;
        _together = (_together * Keep) + (rows > 1 ? 1 : 0);
        _rows = (_rows * Keep) + rows;
        _rowsSquared = (_rowsSquared * Keep) + ((double)rows * rows);
        _time = (_time * Keep) + ticks;
        _rowsTime = (_rowsTime * Keep) + (rows * ticks);
    }
}
