using Kedge.Core;
using Kedge.Inference.Batching;

namespace Kedge.Inference.Tests.Batching;

/// <summary>Everything at once, in virtual time: what must hold whatever comes.</summary>
public sealed class SlotSimulationTests
{
    [Fact]
    public void Nobody_is_lost_nobody_comes_twice_and_every_bound_holds()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            try
            {
                new Simulation(seed).Run(requests: 400);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}.", failure);
            }
        }
    }

    private sealed class Simulation
    {
        private readonly Rng _rng;
        private readonly SlotMachine _machine;
        private readonly List<Model> _models = [];
        private readonly PriorityQueue<Action, TimeSpan> _agenda = new();
        private readonly HashSet<QueueEntry> _waiting = [];
        private int _running;
        private int _answered;
        private TimeSpan _now;

        public Simulation(ulong seed)
        {
            _rng = new Rng(seed);
            _machine = new SlotMachine(1 + _rng.Below(4));
            for (int i = 1 + _rng.Below(3); i > 0; i--)
            {
                Model model = new(_rng);
                _models.Add(model);
                _machine.Add(model.Queue);
            }
        }

        public void Run(int requests)
        {
            TimeSpan at = default;
            for (int i = 0; i < requests; i++)
            {
                // Bursts and pauses.
                at += Entries.Us(_rng.Below(8) == 0 ? _rng.Below(20_000) : _rng.Below(60));
                _agenda.Enqueue(Arrive, at);
            }

            int events = 0;
            while (_agenda.TryDequeue(out Action? act, out TimeSpan when))
            {
                Assert.True(when >= _now);
                Assert.True(++events < requests * 50, "It does not come to an end.");
                _now = when;
                act();
                Settle();
            }

            Assert.Equal(requests, _answered);
            Assert.Empty(_waiting);
            Assert.Equal((0, _machine.Slots), (_running, _machine.Free));
        }

        private void Arrive()
        {
            Model model = _models[_rng.Below(_models.Count)];
            int timeout = _rng.Below(4) == 0 ? 1 + _rng.Below(3000) : 0;
            QueueEntry entry = Entries.Of(
                _rng.Below(20) == 0 ? 0 : 1 + _rng.Below(5),
                1 + (_rng.Below(4) / 3), _rng.Below(5), Entries.Us(timeout));
            if (_rng.Below(10) == 0)
            {
                CancellationTokenSource gone = new();
                entry.Gone = gone.Token;
                _agenda.Enqueue(gone.Cancel, _now + Entries.Us(_rng.Below(2000)));
            }

            QueueVerdict verdict = _machine.Arrive(model.Queue, entry, _now);
            Assert.Equal(verdict, entry.Verdict);
            if (verdict == QueueVerdict.Waits)
            {
                Assert.True(_waiting.Add(entry));
                model.Order(entry).Add(entry);
                return;
            }

            _answered++;
            if (verdict == QueueVerdict.Runs)
            {
                Start(model, [entry]);
            }
            else
            {
                Assert.True(verdict is QueueVerdict.Full or QueueVerdict.TooLarge);
                Assert.Equal(verdict == QueueVerdict.TooLarge, model.IsTooLarge(entry));
            }
        }

        private void Settle()
        {
            Batch batch = new();
            while (_machine.TryStart(_now, batch))
            {
                TakeRefused();
                Model model = _models.Single(m => m.Queue == batch.Queue);
                Assert.True(batch.Count == 1 || batch.Rows <= model.Options.MaxSize);
                foreach (QueueEntry entry in batch.Members)
                {
                    Assert.True(_waiting.Remove(entry), "It came out before.");
                    Assert.True(entry.Deadline > _now, "It is late.");
                    Assert.Equal(QueueVerdict.Runs, entry.Verdict);
                    Assert.Same(entry, model.Order(entry)[0]);
                    model.Order(entry).RemoveAt(0);
                }

                _answered += batch.Count;
                Start(model, [.. batch.Members]);
                batch.Clear();
            }

            TakeRefused();
            Check();
            if (_machine.WakeAt != QueueEntry.Never)
            {
                Assert.True(_machine.WakeAt > _now, "It would wake without end.");
                _agenda.Enqueue(static () => { }, _machine.WakeAt);
            }
        }

        private void TakeRefused()
        {
            while (_machine.TryRefuse(out QueueEntry? entry))
            {
                Assert.True(_waiting.Remove(entry), "It came out before.");
                Assert.True(entry.Verdict == QueueVerdict.Late
                    ? entry.Deadline <= _now
                    : entry.Verdict == QueueVerdict.Gone && entry.Gone.IsCancellationRequested);
                _models.ForEach(m => m.Orders.ForEach(o => o.Remove(entry)));
                _answered++;
            }
        }

        private void Check()
        {
            Assert.Equal(_machine.Slots - _running, _machine.Free);
            Assert.Equal(_waiting.Count, _models.Sum(static m => m.Queue.Count));
            foreach (Model model in _models)
            {
                Assert.InRange(model.Queue.Running, 0, model.Queue.Instances);
                Assert.InRange(model.Queue.Count, 0, model.Options.QueueMax);
            }

            // Nobody waits beside a free slot, but for the delay of the model.
            foreach (QueueEntry entry in _waiting)
            {
                Model model = _models.Single(m => m.Orders.Any(o => o.Contains(entry)));
                bool mayRun = _machine.Free > 0 && model.Queue.Running < model.Queue.Instances;
                Assert.True(
                    !mayRun || _now < entry.ArrivedAt + Entries.Us(model.Options.MaxDelayUs) || !model.IsHead(entry));
                Assert.True(entry.Deadline > _now);
            }
        }

        private void Start(Model model, QueueEntry[] entries)
        {
            Assert.True(++_running <= _machine.Slots);
            int rows = entries.Sum(static e => e.Rows);
            TimeSpan time = Entries.Us(model.FixedUs + (model.RowUs * rows));
            _agenda.Enqueue(
                () =>
                {
                    _running--;
                    _machine.Finish(model.Queue, entries.Length, rows, time, _now);
                },
                _now + time);
        }
    }

    private sealed class Model
    {
        public Model(Rng rng)
        {
            Options = new BatchingOptions
            {
                MaxSize = rng.Below(3) == 0 ? 1 : 2 + rng.Below(8),
                MaxDelayUs = rng.Below(3) * 400,
                IsAdaptive = rng.Below(2) == 0,
                QueueMax = 1 + rng.Below(40),
                TimeoutUs = rng.Below(3) * 2000,
                Priorities = rng.Below(2) == 0 ? [] : [new(), new PriorityOptions { TimeoutUs = 900, QueueMax = 5 }],
            };
            Options.Preferred = Options.MaxSize >= 4 && rng.Below(2) == 0 ? [2, 4] : [];
            Queue = Entries.Queue(Options, instances: 1 + rng.Below(3), weight: 1 + rng.Below(3));
            FixedUs = rng.Below(1500);
            RowUs = rng.Below(100);
        }

        public BatchingOptions Options { get; }

        public ModelQueue Queue { get; }

        public int FixedUs { get; }

        public int RowUs { get; }

        /// <summary>By level and shape, in the order in which they came.</summary>
        public List<List<QueueEntry>> Orders { get; } =
            [.. Enumerable.Range(0, 100).Select(static _ => new List<QueueEntry>())];

        public bool IsTooLarge(QueueEntry entry) =>
            Options.MaxSize > 1 && entry.Call.Inputs[0].Shape[0] > Options.MaxSize;

        public List<QueueEntry> Order(QueueEntry entry)
        {
            int shape = Options.MaxSize == 1 ? 0
                : entry.Call.Inputs[0].Shape[0] == 0 ? 1 : 1 + (int)entry.Call.Inputs[0].Shape[1];
            return Orders[(entry.Level * 10) + shape];
        }

        /// <summary>True for the oldest of the highest level: it is in the next run.</summary>
        public bool IsHead(QueueEntry entry)
        {
            List<QueueEntry> level = [.. Orders.SelectMany(static o => o).OrderBy(static e => e.Level)];
            int highest = level[0].Level;
            return entry == level.Where(e => e.Level == highest).MinBy(static e => e.ArrivedAt);
        }
    }
}
