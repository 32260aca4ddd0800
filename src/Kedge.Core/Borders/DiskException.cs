namespace Kedge.Core.Borders;

/// <summary>A disk did not do what was asked.</summary>
/// <param name="fault">Why, as far as a decision can depend on it.</param>
/// <param name="what">What was attempted on which path.</param>
/// <param name="inner">What the driver met.</param>
public sealed class DiskException(DiskFault fault, string what, Exception? inner = null)
    : Exception($"{what}: {fault}{(inner is null ? "" : $" ({inner.Message})")}", inner)
{
    /// <summary>Why, as far as a decision can depend on it.</summary>
    public DiskFault Fault { get; } = fault;
}
