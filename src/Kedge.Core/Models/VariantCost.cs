namespace Kedge.Core.Models;

/// <summary>What one variant was measured to cost on one class of hardware.</summary>
public sealed record VariantCost
{
    /// <summary>The class, as <see cref="Fleet.HardwareClass"/> names it: <c>x64-avx2</c>.</summary>
    public required string Hardware { get; init; }

    /// <summary>
    /// Time of one answer on the bare runtime with one thread of requests, in microseconds, median of many;
    /// 1..<see cref="ModelLimits.LatencyUsMax"/>.
    /// </summary>
    public required long LatencyUs { get; init; }

    /// <summary>Working set when loaded and used, in bytes; 0 when it was not measured.</summary>
    public long MemoryBytes { get; init; }
}
