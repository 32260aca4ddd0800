using System.Runtime.InteropServices;

namespace Kedge.Inference.Batching;

/// <summary>Requests that are computed in one run; memory that is used again and again.</summary>
public sealed class Batch
{
    private readonly List<QueueEntry> _members = [];

    /// <summary>The requests, in the order of their rows; until the batch changes.</summary>
    public ReadOnlySpan<QueueEntry> Members => CollectionsMarshal.AsSpan(_members);

    /// <summary>Number of requests.</summary>
    public int Count => _members.Count;

    /// <summary>Rows of all of them.</summary>
    public int Rows { get; private set; }

    /// <summary>Whose they are; null while it is empty.</summary>
    public ModelQueue? Queue { get; internal set; }

    /// <summary>One request.</summary>
    public QueueEntry this[int index] => _members[index];

    /// <summary>Forgets them.</summary>
    public void Clear()
    {
        _members.Clear();
        Rows = 0;
        Queue = null;
    }

    internal void Add(QueueEntry entry)
    {
        _members.Add(entry);
        Rows += entry.Rows;
    }

    /// <summary>Lets all but the first go.</summary>
    internal void Keep(int count)
    {
        foreach (QueueEntry entry in Members[count..])
        {
            Rows -= entry.Rows;
        }

        _members.RemoveRange(count, _members.Count - count);
    }
}
