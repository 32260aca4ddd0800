namespace Kedge.Wire.Asking;

/// <summary>
/// A question to a device, down on <see cref="Topics.Ask"/>. Fields that another question has are unset.
/// </summary>
public sealed record AskMessage
{
    /// <summary>The only question so far: the last lines of a workload's log.</summary>
    public const string Logs = "logs";

    /// <summary>Version of the form: 1.</summary>
    public int V { get; init; } = 1;

    /// <summary>Number of the question, from 1; the answer carries it.</summary>
    public long Id { get; init; }

    /// <summary>What is asked.</summary>
    public string Ask { get; init; } = "";

    /// <summary>Logs: name of the deployment.</summary>
    public string Workload { get; init; } = "";

    /// <summary>Logs: lines from the end, 1..10000.</summary>
    public int Lines { get; init; }
}
