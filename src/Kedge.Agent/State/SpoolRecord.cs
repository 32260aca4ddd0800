namespace Kedge.Agent.State;

/// <summary>What a record of the spool is. On disk; never renumbered.</summary>
internal enum SpoolKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Something worth remembering: dropped first.</summary>
    Event = 1,

    /// <summary>What the machine is, whole.</summary>
    Facts = 2,

    /// <summary>What runs, whole.</summary>
    Status = 3,

    /// <summary>Everything up to its number is acknowledged. Not synced: losing it costs sending twice.</summary>
    Acked = 4,
}

/// <summary>One record in a segment.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Segment">Path of its segment.</param>
/// <param name="Offset">Where its content starts, in bytes.</param>
/// <param name="Bytes">Length of its content.</param>
internal sealed record SpoolRecord(SpoolKind Kind, long Sequence, string Segment, long Offset, int Bytes);
