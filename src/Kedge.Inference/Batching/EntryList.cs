using Kedge.Core;

namespace Kedge.Inference.Batching;

/// <summary>Requests in the order in which they came; an entry is in one list at most.</summary>
internal sealed class EntryList
{
    internal QueueEntry? First { get; private set; }

    internal QueueEntry? Last { get; private set; }

    internal int Count { get; private set; }

    internal void Append(QueueEntry entry)
    {
        Check.That(entry.Previous is null);
        Check.That(entry.Next is null);
        Check.That(entry != First);
        entry.Previous = Last;
        if (Last is null)
        {
            First = entry;
        }
        else
        {
            Last.Next = entry;
        }

        Last = entry;
        Count++;
    }

    internal void Remove(QueueEntry entry)
    {
        if (entry.Previous is null)
        {
            Check.That(entry == First);
            First = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }

        if (entry.Next is null)
        {
            Check.That(entry == Last);
            Last = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }

        entry.Previous = null;
        entry.Next = null;
        Count--;
    }

    internal QueueEntry? TakeFirst()
    {
        QueueEntry? first = First;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }
}
