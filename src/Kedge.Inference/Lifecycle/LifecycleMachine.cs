using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Lifecycle;

/// <summary>What a step makes of a state.</summary>
/// <param name="State">The new state.</param>
/// <param name="Effects">What is to be done, in this order.</param>
public sealed record LifecycleStep(LifecycleState State, ImmutableArray<LifecycleEffect> Effects);

/// <summary>
/// Decides which models of a process are in memory.
/// <para>Problem: models may need more memory than there is, requests come for any of them, and a load takes long.
/// Approach: whoever needs a model that is not in memory waits in one line, in the order of arrival; the first in the
/// line gets room, the least recently used go for it. A model that is to go is closed: it takes no new request, those
/// that come meanwhile go to the end of the line, and when its last request is done its memory is given back.</para>
/// <para>Invariants: never more memory than the budget, as far as it was measured before; a model with a request inside
/// is never unloaded; everyone in the line gets one answer, by its deadline; a model that was loaded for requests takes
/// those before it may be closed, and stays for as long as its load took. Since the line is served in order and
/// whatever
/// stands in the way takes no new requests, nobody starves. It deliberately does not load anything ahead.</para>
/// </summary>
public static class LifecycleMachine
{
    /// <summary>Takes one event in.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="event">What happened.</param>
    /// <param name="now">Time on a clock that never goes back.</param>
    /// <param name="lastUsed">When each slot took a request last, on the same clock.</param>
    public static LifecycleStep Step(
        LifecycleState state, LifecycleEvent @event, TimeSpan now, ReadOnlySpan<TimeSpan> lastUsed)
    {
        Check.That(lastUsed.Length == state.Slots.Length);
        LifecycleDraft draft = new(state, now);
        switch (@event)
        {
            case LifecycleEvent.Requested e:
                Request(draft, e);
                break;
            case LifecycleEvent.Gone e:
                draft.Forget(e.Ticket);
                break;
            case LifecycleEvent.LoadAsked e:
                draft.Wait(new LoadWaiter(e.Ticket, e.Slot, null, IsRequest: false));
                break;
            case LifecycleEvent.UnloadAsked e:
                AskUnload(draft, e);
                break;
            case LifecycleEvent.Loaded e:
                Loaded(draft, e);
                break;
            case LifecycleEvent.LoadFailed e:
                LoadFailed(draft, e);
                break;
            case LifecycleEvent.Idle e:
                Idle(draft, e);
                break;
            case LifecycleEvent.Unloaded e:
                Unloaded(draft, e);
                break;
            case LifecycleEvent.Clock:
                break;
            default:
                throw Check.Unreachable(@event);
        }

        draft.Expire();
        LoadPlanner.Plan(draft, lastUsed);
        return draft.Finish();
    }

    private static void Request(LifecycleDraft draft, LifecycleEvent.Requested e)
    {
        ModelSlot slot = draft[e.Slot];
        bool isGone = slot.Phase is ModelPhase.Absent or ModelPhase.Unloading || !slot.IsKnown;
        if (isGone)
        {
            draft.Refuse(e.Ticket, slot.Fault ?? ServeErrors.ModelUnloaded.At($"{slot.Name} was unloaded."));
        }
        else if (slot.Phase == ModelPhase.Resting && slot.Fault is not null && draft.Now < slot.RetryAt)
        {
            draft.Refuse(e.Ticket, slot.Fault);
        }
        else
        {
            draft.Wait(new LoadWaiter(e.Ticket, e.Slot, e.Deadline, IsRequest: true));
        }
    }

    private static void AskUnload(LifecycleDraft draft, LifecycleEvent.UnloadAsked e)
    {
        ModelSlot slot = draft[e.Slot];
        draft.RefuseAll(e.Slot, ServeErrors.ModelUnloaded.At($"{slot.Name} was unloaded."));
        slot = slot with { IsKnown = false, Fault = null };
        switch (slot.Phase)
        {
            case ModelPhase.Absent or ModelPhase.Resting:
                draft[e.Slot] = slot with { Phase = ModelPhase.Absent };
                draft.Admit(e.Ticket);
                break;
            case ModelPhase.Ready:
                draft[e.Slot] = slot with { Unloaders = slot.Unloaders.Add(e.Ticket) };
                draft.Close(e.Slot, ModelPhase.Unloading);
                break;
            case ModelPhase.Leaving:
                draft[e.Slot] = slot with
                {
                    Phase = ModelPhase.Unloading, Unloaders = slot.Unloaders.Add(e.Ticket),
                };
                break;
            case ModelPhase.Loading or ModelPhase.Emptying or ModelPhase.Unloading:
                draft[e.Slot] = slot with { Unloaders = slot.Unloaders.Add(e.Ticket) };
                break;
            case ModelPhase.Unknown:
            default:
                throw Check.Unreachable(slot.Phase);
        }
    }

    private static void Loaded(LifecycleDraft draft, LifecycleEvent.Loaded e)
    {
        ModelSlot slot = draft[e.Slot];
        Check.That(slot.Phase == ModelPhase.Loading);
        slot = slot with { Bytes = Math.Max(e.Bytes, slot.Bytes), Fault = null, Failures = 0 };
        if (draft.Budget > 0 && slot.Bytes > draft.Budget)
        {
            // It was smaller on paper; now it is known, and it goes again before anybody uses it.
            Finding fault = TooLarge(slot, draft.Budget);
            draft.RefuseAll(e.Slot, fault);
            draft[e.Slot] = Failed(slot, fault, draft.Now) with { Phase = ModelPhase.Emptying };
            draft.Add(new LifecycleEffect.Unload(e.Slot));
            return;
        }

        bool hasRequests = draft.Waiters.Any(waiter => waiter.Slot == e.Slot && waiter.IsRequest);
        TimeSpan stay = e.Elapsed < LifecycleLimits.StayMax ? e.Elapsed : LifecycleLimits.StayMax;
        draft[e.Slot] = slot with
        {
            Phase = ModelPhase.Ready,
            IsKnown = slot.Unloaders.IsEmpty,
            StaysUntil = hasRequests ? draft.Now + stay : TimeSpan.Zero,
        };
        if (!slot.Unloaders.IsEmpty)
        {
            draft.Close(e.Slot, ModelPhase.Unloading);
            return;
        }

        draft.Add(new LifecycleEffect.Open(e.Slot));
        draft.AdmitAll(e.Slot);
    }

    private static void LoadFailed(LifecycleDraft draft, LifecycleEvent.LoadFailed e)
    {
        ModelSlot slot = draft[e.Slot];
        Check.That(slot.Phase == ModelPhase.Loading);
        draft.RefuseAll(e.Slot, e.Fault);
        Empty(draft, e.Slot, Failed(slot, e.Fault, draft.Now));
    }

    private static void Idle(LifecycleDraft draft, LifecycleEvent.Idle e)
    {
        ModelSlot slot = draft[e.Slot];
        if (slot.Turn != e.Turn || slot.Phase is not (ModelPhase.Leaving or ModelPhase.Unloading))
        {
            return; // It was let in again since, or is closed anew.
        }

        draft[e.Slot] = slot with { Phase = ModelPhase.Emptying };
        draft.Add(new LifecycleEffect.Unload(e.Slot));
    }

    private static void Unloaded(LifecycleDraft draft, LifecycleEvent.Unloaded e)
    {
        Check.That(draft[e.Slot].Phase == ModelPhase.Emptying);
        Empty(draft, e.Slot, draft[e.Slot]);
    }

    /// <summary>
    /// Nothing of it is in memory: it rests where it may come back, and whoever wanted it gone hears.
    /// </summary>
    private static void Empty(LifecycleDraft draft, int index, ModelSlot slot)
    {
        draft[index] = slot with
        {
            Phase = slot.IsKnown && slot.Unloaders.IsEmpty ? ModelPhase.Resting : ModelPhase.Absent,
            IsKnown = slot.IsKnown && slot.Unloaders.IsEmpty,
            Unloaders = [],
        };
        foreach (long ticket in slot.Unloaders)
        {
            draft.Admit(ticket);
        }
    }

    internal static ModelSlot Failed(ModelSlot slot, Finding fault, TimeSpan now)
    {
        double factor = Math.Pow(2, Math.Min(slot.Failures, 16));
        TimeSpan pause = LifecycleLimits.RetryMin * factor;
        return slot with
        {
            Fault = fault,
            Failures = slot.Failures + 1,
            RetryAt = now + (pause < LifecycleLimits.RetryMax ? pause : LifecycleLimits.RetryMax),
        };
    }

    internal static Finding TooLarge(ModelSlot slot, long budget) => ServeErrors.ModelTooLarge.At(string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{slot.Name} takes {slot.Bytes} bytes of memory, all models together may take {budget}."));
}
