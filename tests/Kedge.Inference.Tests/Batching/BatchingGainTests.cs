using Kedge.Core;
using Kedge.Inference.Batching;

namespace Kedge.Inference.Tests.Batching;

/// <summary>
/// Open loops in virtual time: whoever turns batching on must not be answered later than without it, at any load, and
/// where runs save something, sooner.
/// </summary>
public sealed class BatchingGainTests
{
    private static readonly BatchingOptions Off = new() { QueueMax = 512 };

    private static readonly BatchingOptions On = new() { MaxSize = 32, MaxDelayUs = 2000, QueueMax = 512 };

    /// <summary>Cost of a run in microseconds: what is the same, and each row.</summary>
    public static readonly TheoryData<double, double, int> Costs = new()
    {
        { 400, 20, 1 }, { 400, 20, 2 }, { 200, 200, 1 }, { 200, 200, 2 }, { 3, 1, 1 }, { 20, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void Nobody_waits_longer_with_batching_at_any_load(double sameUs, double rowUs, int slots)
    {
        foreach (int percent in new[] { 30, 50, 70, 90 })
        {
            foreach (bool isRegular in new[] { true, false })
            {
                Times off = new OpenLoop(Off, sameUs, rowUs, slots, isRegular).Run(percent);
                Times on = new OpenLoop(On, sameUs, rowUs, slots, isRegular).Run(percent);
                Assert.True(on.Mean <= off.Mean * 1.05, $"At {percent} %: mean {on.Mean:F0}, not {off.Mean:F0}.");

                // A few are computed together to see whether that gains anything.
                Assert.True(on.P99 <= off.P99 * 1.2, $"At {percent} %: p99 {on.P99:F0}, not {off.P99:F0}.");
                Assert.Equal(0, on.Refused);
            }
        }
    }

    [Fact]
    public void Where_runs_save_something_more_than_could_be_computed_alone_is_answered()
    {
        Times off = new OpenLoop(Off, 400, 20, 1, isRegular: false).Run(110);
        Times on = new OpenLoop(On, 400, 20, 1, isRegular: false).Run(110);
        Assert.True(off.Refused > 0);
        Assert.Equal(0, on.Refused);
        Assert.True(on.P99 < off.P99 / 20, $"p99 {on.P99:F0}, not {off.P99:F0}.");
    }

    [Fact]
    public void Where_rows_cost_as_much_together_little_changes()
    {
        foreach (int percent in new[] { 50, 70, 90 })
        {
            Times off = new OpenLoop(Off, 5, 500, 1, isRegular: false).Run(percent);
            Times on = new OpenLoop(On, 5, 500, 1, isRegular: false).Run(percent);
            Assert.InRange(on.Mean, off.Mean * 0.9, off.Mean * 1.3);

            // One run in eight or so is tried together: near the end of what can be computed that is felt.
            Assert.InRange(on.P99, off.P99 * 0.85, off.P99 * 1.5);
        }
    }

    /// <summary>Microseconds; how many were refused.</summary>
    private sealed record Times(double Mean, double P99, int Refused);

    private sealed class OpenLoop
    {
        private const int Requests = 20_000;
        private readonly double _sameUs;
        private readonly double _rowUs;
        private readonly bool _isRegular;
        private readonly Rng _rng = new(7);
        private readonly SlotMachine _machine;
        private readonly ModelQueue _queue;
        private readonly PriorityQueue<Action, TimeSpan> _agenda = new();
        private readonly List<double> _times = [];
        private TimeSpan _now;
        private TimeSpan _wakeAt = QueueEntry.Never;
        private int _refused;

        public OpenLoop(BatchingOptions options, double sameUs, double rowUs, int slots, bool isRegular)
        {
            _sameUs = sameUs;
            _rowUs = rowUs;
            _isRegular = isRegular;
            _machine = new SlotMachine(slots);
            _queue = Entries.Queue(options, instances: slots);
            _machine.Add(_queue);
        }

        /// <summary>A load in percent of what can be computed one by one.</summary>
        public Times Run(int percent)
        {
            double gapUs = (_sameUs + _rowUs) / _machine.Slots * 100 / percent;
            TimeSpan at = default;
            for (int i = 0; i < Requests; i++)
            {
                // Between two requests as long as between two before, or as it comes.
                double gap = _isRegular ? gapUs : -Math.Log(1 - _rng.Fraction()) * gapUs;
                at += Entries.Us(gap);
                _agenda.Enqueue(Arrive, at);
            }

            while (_agenda.TryDequeue(out Action? act, out TimeSpan when))
            {
                _now = when;
                act();
                Settle();
            }

            _times.Sort();
            return new Times(_times.Average(), _times[(int)(_times.Count * 0.99)], _refused);
        }

        private void Arrive()
        {
            QueueEntry entry = Entries.Of();
            QueueVerdict verdict = _machine.Arrive(_queue, entry, _now);
            if (verdict == QueueVerdict.Runs)
            {
                Start([entry]);
            }

            _refused += verdict == QueueVerdict.Full ? 1 : 0;
        }

        private void Settle()
        {
            Batch batch = new();
            while (_machine.TryStart(_now, batch))
            {
                Start([.. batch.Members]);
                batch.Clear();
            }

            if (_machine.WakeAt != QueueEntry.Never && _machine.WakeAt != _wakeAt)
            {
                _wakeAt = _machine.WakeAt;
                _agenda.Enqueue(static () => { }, _wakeAt);
            }
        }

        private void Start(QueueEntry[] entries)
        {
            TimeSpan time = Entries.Us(_sameUs + (_rowUs * entries.Length));
            _agenda.Enqueue(
                () =>
                {
                    _times.AddRange(entries.Select(entry => (_now - entry.ArrivedAt).TotalMicroseconds));
                    _machine.Finish(_queue, entries.Length, entries.Length, time, _now);
                },
                _now + time);
        }
    }
}
