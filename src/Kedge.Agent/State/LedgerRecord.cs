using Kedge.Core.Device;

namespace Kedge.Agent.State;

/// <summary>What the ledger holds. Written by <c>AgentLoop</c> only.</summary>
internal sealed record LedgerRecord
{
    /// <summary>Nothing yet.</summary>
    internal static readonly LedgerRecord Empty = new();

    /// <summary>The device machine's state, without its volatile members.</summary>
    internal DeviceState Device { get; init; } = DeviceState.Empty;

    /// <summary>Highest number that the spool had given when this was saved: a lost spool goes on above it.</summary>
    internal long Sequence { get; init; }

    /// <summary>Latest time that was seen, Unix milliseconds UTC: the floor for a clock that starts in 1970.</summary>
    internal long SeenMs { get; init; }
}
