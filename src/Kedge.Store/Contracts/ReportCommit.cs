using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>One report of a device.</summary>
public sealed record ReportCommit
{
    /// <summary>Whose.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Which installation of the device.</summary>
    public required string Incarnation { get; init; }

    /// <summary>From 1, growing.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it arrived, Unix ms.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>What it says.</summary>
    public required ReportBody Body { get; init; }
}
