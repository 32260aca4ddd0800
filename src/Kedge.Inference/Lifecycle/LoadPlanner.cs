namespace Kedge.Inference.Lifecycle;

/// <summary>Says what the first in the line needs: a load, room for it, or nothing.</summary>
internal static class LoadPlanner
{
    internal static void Plan(LifecycleDraft draft, ReadOnlySpan<TimeSpan> lastUsed)
    {
        while (draft.Waiters.Count > 0)
        {
            int first = draft.Waiters[0].Slot;
            ModelSlot slot = draft[first];
            if (slot.Phase == ModelPhase.Leaving)
            {
                // It was to make room for somebody who does not wait any more.
                draft.Reopen(first);
                continue;
            }

            bool isBusy = Any(draft, ModelPhase.Loading) || Any(draft, ModelPhase.Emptying);
            if (isBusy || slot.Phase is not (ModelPhase.Absent or ModelPhase.Resting))
            {
                return; // The loader's next word, or the last request of an unloaded one, brings us back.
            }

            if (draft.Budget > 0 && slot.Bytes > draft.Budget)
            {
                draft[first] = LifecycleMachine.Failed(slot, LifecycleMachine.TooLarge(slot, draft.Budget), draft.Now);
                draft.RefuseAll(first, draft[first].Fault!); // Set just above.
                continue;
            }

            GetRoom(draft, first, lastUsed);
            return;
        }

        Shrink(draft, lastUsed);
    }

    private static void GetRoom(LifecycleDraft draft, int first, ReadOnlySpan<TimeSpan> lastUsed)
    {
        long needed = draft[first].Bytes;
        if (Fits(draft, Held(draft, static _ => true) + needed))
        {
            LetStay(draft, needed, lastUsed);
            draft[first] = draft[first] with { Phase = ModelPhase.Loading };
            draft.Add(new LifecycleEffect.Load(first));
            return;
        }

        LetStay(draft, needed, lastUsed);
        MakeRoom(draft, needed, lastUsed);
    }

    /// <summary>
    /// After a model turned out larger than thought: without anybody in the line there must be room too.
    /// </summary>
    private static void Shrink(LifecycleDraft draft, ReadOnlySpan<TimeSpan> lastUsed)
    {
        LetStay(draft, 0, lastUsed);
        MakeRoom(draft, 0, lastUsed);
    }

    /// <summary>Lets those in again that were to leave and need not, the most recently used first.</summary>
    private static void LetStay(LifecycleDraft draft, long needed, ReadOnlySpan<TimeSpan> lastUsed)
    {
        while (true)
        {
            int best = -1;
            long staying = Held(draft, static phase => phase != ModelPhase.Leaving);
            for (int i = 0; i < draft.Count; i++)
            {
                if (draft[i].Phase == ModelPhase.Leaving
                    && Fits(draft, staying + draft[i].Bytes + needed)
                    && (best < 0 || lastUsed[i] > lastUsed[best]))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                return;
            }

            draft.Reopen(best);
        }
    }

    /// <summary>Closes the least recently used until what stays leaves room.</summary>
    private static void MakeRoom(LifecycleDraft draft, long needed, ReadOnlySpan<TimeSpan> lastUsed)
    {
        while (!Fits(draft, Held(draft, static phase => phase is ModelPhase.Ready or ModelPhase.Loading) + needed))
        {
            int oldest = -1;
            TimeSpan? patience = null;
            for (int i = 0; i < draft.Count; i++)
            {
                ModelSlot slot = draft[i];
                if (slot.Phase != ModelPhase.Ready)
                {
                    continue;
                }

                if (slot.StaysUntil > draft.Now)
                {
                    patience = patience is null || slot.StaysUntil < patience ? slot.StaysUntil : patience;
                }
                else if (oldest < 0 || lastUsed[i] < lastUsed[oldest])
                {
                    oldest = i;
                }
            }

            if (oldest < 0)
            {
                draft.WakeBy(patience);
                return;
            }

            draft.Close(oldest, ModelPhase.Leaving);
        }
    }

    private static bool Fits(LifecycleDraft draft, long bytes) => draft.Budget == 0 || bytes <= draft.Budget;

    private static bool Any(LifecycleDraft draft, ModelPhase phase)
    {
        for (int i = 0; i < draft.Count; i++)
        {
            if (draft[i].Phase == phase)
            {
                return true;
            }
        }

        return false;
    }

    private static long Held(LifecycleDraft draft, Func<ModelPhase, bool> counts)
    {
        long bytes = 0;
        for (int i = 0; i < draft.Count; i++)
        {
            bytes += draft[i].HoldsMemory && counts(draft[i].Phase) ? draft[i].Bytes : 0;
        }

        return bytes;
    }
}
