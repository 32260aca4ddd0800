namespace Kedge.Inference.Tracing;

/// <summary>Which requests are traced, in the words of Triton's trace extension.</summary>
public sealed record TraceSetting
{
    /// <summary>Nothing is traced.</summary>
    public static readonly TraceSetting Off = new();

    /// <summary><c>trace_level</c>: true for <c>TIMESTAMPS</c>, false for <c>OFF</c>.</summary>
    public bool IsOn { get; init; }

    /// <summary><c>trace_rate</c>: of so many requests that name no trace one is traced, 1 or more.</summary>
    public int Rate { get; init; } = 1000;

    /// <summary><c>trace_count</c>: how many more are traced; -1 for no end.</summary>
    public long Count { get; init; } = -1;

    /// <summary><c>log_frequency</c>: of so many traces one is told in the log too; 0 for none.</summary>
    public int LogFrequency { get; init; }
}
