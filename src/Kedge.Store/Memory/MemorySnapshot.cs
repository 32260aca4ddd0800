namespace Kedge.Store.Memory;

/// <summary>All that a memory store held at one time. Immutable; costs nothing to keep.</summary>
public sealed class MemorySnapshot
{
    internal MemorySnapshot(MemoryState state) => State = state;

    /// <summary>Store revision at that time.</summary>
    public long Revision => State.Revision;

    internal MemoryState State { get; }
}
