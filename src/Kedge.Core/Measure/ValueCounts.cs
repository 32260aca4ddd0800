using System.Collections.Immutable;

namespace Kedge.Core.Measure;

/// <summary>How often the values of one tensor fell into which bin. Never compared.</summary>
/// <param name="samples">Requests that were looked at.</param>
/// <param name="bins">Values by bin.</param>
public sealed class ValueCounts(long samples, long[] bins)
{
    /// <summary>Requests that were looked at.</summary>
    public long Samples => samples;

    /// <summary>Values by bin, as the reference numbers them.</summary>
    public ImmutableArray<long> Bins { get; } = [.. bins];
}
