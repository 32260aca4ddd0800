using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Lifecycle;

namespace Kedge.Inference.Tests.Lifecycle;

/// <summary>
/// A process without a process: loads, uses and requests are entries of a calendar in virtual time. It asserts what
/// must always hold, whatever the seed.
/// </summary>
internal sealed class LifecycleWorld
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _calendar = new();
    private readonly TimeSpan[] _lastUsed;
    private readonly int[] _uses;
    private readonly bool[] _open;
    private readonly int[] _closedTurn;
    private readonly bool[] _inMemory;
    private readonly Dictionary<long, Request> _waiting = [];
    private long _order;
    private long _ticket;

    internal LifecycleWorld(long budget, params long[] bytes)
    {
        State = new LifecycleState
        {
            BudgetBytes = budget,
            Slots =
            [
                .. bytes.Select(static (size, i) => new ModelSlot
                {
                    Name = $"m{i}", Version = "1", Bytes = size,
                }),
            ],
        };
        _lastUsed = new TimeSpan[bytes.Length];
        _uses = new int[bytes.Length];
        _open = new bool[bytes.Length];
        _closedTurn = new int[bytes.Length];
        _inMemory = new bool[bytes.Length];
    }

    internal LifecycleState State { get; private set; }

    internal TimeSpan Now { get; private set; }

    internal TimeSpan LoadTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Says for each load whether it fails.</summary>
    internal Func<int, Finding?> Fault { get; set; } = static _ => null;

    /// <summary>What a model takes when it is really loaded; 0 for what was thought.</summary>
    internal Func<int, long> Measured { get; set; } = static _ => 0;

    internal int[] Loads { get; init; } = new int[64];

    internal int[] Served { get; init; } = new int[64];

    internal int[] Refused { get; init; } = new int[64];

    internal List<string> Faults { get; } = [];

    internal TimeSpan LongestWait { get; private set; }

    internal int Waiting => _waiting.Count;

    internal ModelPhase Phase(int slot) => State.Slots[slot].Phase;

    /// <summary>Loads every model as a process does at its start.</summary>
    internal void LoadAll()
    {
        for (int i = 0; i < State.Slots.Length; i++)
        {
            AskLoad(i);
            Run();
        }
    }

    internal void At(TimeSpan at, Action action) => _calendar.Enqueue(action, (at, _order++));

    internal void After(TimeSpan pause, Action action) => At(Now + pause, action);

    internal long AskLoad(int slot)
    {
        long ticket = Expect(slot, TimeSpan.Zero, null, null);
        Step(new LifecycleEvent.LoadAsked(slot, ticket));
        return ticket;
    }

    internal long AskUnload(int slot)
    {
        long ticket = Expect(slot, TimeSpan.Zero, null, null);
        Step(new LifecycleEvent.UnloadAsked(slot, ticket));
        return ticket;
    }

    /// <summary>A request that computes for some time, then calls back with whether it was served.</summary>
    internal void Ask(int slot, TimeSpan computes, TimeSpan? patience = null, Action<bool>? done = null)
    {
        if (_open[slot])
        {
            Begin(slot, computes, done);
            return;
        }

        TimeSpan? deadline = Now + patience;
        long ticket = Expect(slot, computes, deadline, done ?? (static _ => { }));
        Step(new LifecycleEvent.Requested(slot, ticket, deadline));
    }

    /// <summary>Whoever waits goes away.</summary>
    internal void Vanish(int index)
    {
        long ticket = _waiting.Where(static pair => pair.Value.Done is not null).ElementAtOrDefault(index).Key;
        if (ticket != 0)
        {
            _waiting.Remove(ticket);
            Step(new LifecycleEvent.Gone(ticket));
        }
    }

    /// <summary>Runs until nothing is in the calendar, or until a time.</summary>
    internal void Run(TimeSpan? until = null)
    {
        while (true)
        {
            TimeSpan next = _calendar.TryPeek(out _, out (TimeSpan At, long Order) first)
                ? first.At
                : TimeSpan.MaxValue;
            bool isClock = State.WakeAt is { } wake && wake < next;
            next = isClock ? State.WakeAt!.Value : next;
            if (next == TimeSpan.MaxValue || next > until)
            {
                Now = until ?? Now;
                return;
            }

            Now = next > Now ? next : Now;
            if (isClock)
            {
                Step(new LifecycleEvent.Clock());
            }
            else
            {
                _calendar.Dequeue()();
            }
        }
    }

    private long Expect(int slot, TimeSpan computes, TimeSpan? deadline, Action<bool>? done)
    {
        _waiting.Add(++_ticket, new Request(slot, computes, Now, deadline, done));
        return _ticket;
    }

    private void Step(LifecycleEvent @event)
    {
        LifecycleStep step = LifecycleMachine.Step(State, @event, Now, _lastUsed);
        State = step.State;
        foreach (LifecycleEffect effect in step.Effects)
        {
            Apply(effect);
        }

        Verify();
    }

    private void Apply(LifecycleEffect effect)
    {
        switch (effect)
        {
            case LifecycleEffect.Load e:
                Assert.False(_inMemory[e.Slot]);
                _inMemory[e.Slot] = true;
                Loads[e.Slot]++;
                After(LoadTime, () =>
                {
                    Finding? fault = Fault(e.Slot);
                    _inMemory[e.Slot] = fault is null;
                    Step(fault is null
                        ? new LifecycleEvent.Loaded(e.Slot, Measured(e.Slot), LoadTime)
                        : new LifecycleEvent.LoadFailed(e.Slot, fault));
                });
                break;
            case LifecycleEffect.Open e:
                Assert.True(_inMemory[e.Slot]);
                _open[e.Slot] = true;
                break;
            case LifecycleEffect.Close e:
                _open[e.Slot] = false;
                _closedTurn[e.Slot] = e.Turn;
                SayIfIdle(e.Slot);
                break;
            case LifecycleEffect.Unload e:
                Assert.False(_open[e.Slot]);
                Assert.Equal(0, _uses[e.Slot]); // A model in use is never unloaded.
                After(TimeSpan.FromMilliseconds(5), () =>
                {
                    _inMemory[e.Slot] = false;
                    Step(new LifecycleEvent.Unloaded(e.Slot));
                });
                break;
            case LifecycleEffect.Admit e:
                Answer(e.Ticket, null);
                break;
            case LifecycleEffect.Refuse e:
                Answer(e.Ticket, e.Fault);
                break;
            default:
                throw Check.Unreachable(effect);
        }
    }

    private void Answer(long ticket, Finding? fault)
    {
        Assert.True(_waiting.Remove(ticket, out Request? request), "It was answered twice, or nobody asked.");
        TimeSpan waited = Now - request.Since;
        LongestWait = waited > LongestWait ? waited : LongestWait;
        if (request.Deadline is { } deadline)
        {
            Assert.True(Now <= deadline, "Its answer came after its deadline.");
            Assert.True(fault is null || fault.Code != ServeErrors.LoadTooSlow.Code || Now == deadline);
        }

        if (fault is not null)
        {
            Refused[request.Slot]++;
            Faults.Add(fault.Code);
            request.Done?.Invoke(false);
        }
        else if (request.Done is not null)
        {
            Assert.True(_open[request.Slot]);
            Begin(request.Slot, request.Computes, request.Done);
        }
    }

    private void Begin(int slot, TimeSpan computes, Action<bool>? done)
    {
        Assert.True(_inMemory[slot]);
        _uses[slot]++;
        _lastUsed[slot] = Now;
        After(computes, () =>
        {
            Served[slot]++;
            _uses[slot]--;
            SayIfIdle(slot);
            done?.Invoke(true);
        });
    }

    private void SayIfIdle(int slot)
    {
        if (_uses[slot] == 0 && !_open[slot] && _inMemory[slot] && Phase(slot) != ModelPhase.Loading)
        {
            // Later, as a word from another thread would come; by then it may be stale.
            int turn = _closedTurn[slot];
            After(TimeSpan.FromMicroseconds(1), () => Step(new LifecycleEvent.Idle(slot, turn)));
        }
    }

    private void Verify()
    {
        for (int i = 0; i < State.Slots.Length; i++)
        {
            Assert.Equal(Phase(i) == ModelPhase.Ready, _open[i]);
            Assert.True(State.Slots[i].HoldsMemory || !_inMemory[i]);
        }

        Assert.True(State.BudgetBytes == 0 || State.HeldBytes <= State.BudgetBytes || IsShrinking());
        ImmutableArray<LoadWaiter> line = State.Waiters;
        Assert.All(line, waiter => Assert.True(_waiting.ContainsKey(waiter.Ticket)));
    }

    // After a model turned out larger than thought, others are on their way out.
    private bool IsShrinking() => State.Slots.Any(static slot =>
        slot.Phase is ModelPhase.Leaving or ModelPhase.Emptying or ModelPhase.Unloading) || State.WakeAt is not null;

    private sealed record Request(
        int Slot, TimeSpan Computes, TimeSpan Since, TimeSpan? Deadline, Action<bool>? Done);
}
