using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Lifecycle;

/// <summary>A state that is being changed by one step, with the effects so far.</summary>
internal sealed class LifecycleDraft(LifecycleState before, TimeSpan now)
{
    private readonly ImmutableArray<ModelSlot>.Builder _slots = before.Slots.ToBuilder();
    private readonly List<LoadWaiter> _waiters = [.. before.Waiters];
    private readonly ImmutableArray<LifecycleEffect>.Builder _effects = ImmutableArray.CreateBuilder<LifecycleEffect>();
    private TimeSpan? _wakeAt;

    internal TimeSpan Now => now;

    internal long Budget => before.BudgetBytes;

    internal int Count => _slots.Count;

    internal IReadOnlyList<LoadWaiter> Waiters => _waiters;

    internal ModelSlot this[int slot]
    {
        get => _slots[slot];
        set => _slots[slot] = value;
    }

    internal void Add(LifecycleEffect effect) => _effects.Add(effect);

    internal void Admit(long ticket) => Add(new LifecycleEffect.Admit(ticket));

    internal void Refuse(long ticket, Finding fault) => Add(new LifecycleEffect.Refuse(ticket, fault));

    /// <summary>Puts somebody at the end of the line; lets it in at once where it can.</summary>
    internal void Wait(LoadWaiter waiter)
    {
        if (this[waiter.Slot].Phase == ModelPhase.Ready)
        {
            Admit(waiter.Ticket);
        }
        else if (_waiters.Count >= LifecycleLimits.WaitersMax)
        {
            Refuse(waiter.Ticket, ServeErrors.LoadQueueFull.At($"{LifecycleLimits.WaitersMax} wait already."));
        }
        else
        {
            _waiters.Add(waiter);
        }
    }

    internal void Forget(long ticket) => _waiters.RemoveAll(waiter => waiter.Ticket == ticket);

    internal void AdmitAll(int slot) => TakeAll(slot, Admit);

    internal void RefuseAll(int slot, Finding fault) => TakeAll(slot, ticket => Refuse(ticket, fault));

    internal void Close(int slot, ModelPhase phase)
    {
        int turn = this[slot].Turn + 1;
        this[slot] = this[slot] with { Phase = phase, Turn = turn };
        Add(new LifecycleEffect.Close(slot, turn));
    }

    /// <summary>Lets requests into a model that was about to leave, first those that wait.</summary>
    internal void Reopen(int slot)
    {
        this[slot] = this[slot] with { Phase = ModelPhase.Ready };
        Add(new LifecycleEffect.Open(slot));
        AdmitAll(slot);
    }

    /// <summary>Refuses everybody whose time is over, and notes when the next one's will be.</summary>
    internal void Expire()
    {
        foreach (LoadWaiter waiter in _waiters)
        {
            if (waiter.Deadline <= now)
            {
                Refuse(waiter.Ticket, ServeErrors.LoadTooSlow.At($"{this[waiter.Slot].Name} was not loaded in time."));
            }
        }

        _waiters.RemoveAll(waiter => waiter.Deadline <= now);
        foreach (LoadWaiter waiter in _waiters)
        {
            WakeBy(waiter.Deadline);
        }
    }

    internal void WakeBy(TimeSpan? at)
    {
        if (at is not null && (_wakeAt is null || at < _wakeAt))
        {
            _wakeAt = at;
        }
    }

    internal LifecycleStep Finish() => new(
        before with { Slots = _slots.ToImmutable(), Waiters = [.. _waiters], WakeAt = _wakeAt },
        _effects.ToImmutable());

    private void TakeAll(int slot, Action<long> answer)
    {
        foreach (LoadWaiter waiter in _waiters)
        {
            if (waiter.Slot == slot)
            {
                answer(waiter.Ticket);
            }
        }

        _waiters.RemoveAll(waiter => waiter.Slot == slot);
    }
}
