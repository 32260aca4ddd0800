using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;

namespace Kedge.Inference.Batching;

/// <summary>One level of priority. What may be left out has a setter, as everywhere in the configuration.</summary>
public sealed record PriorityOptions
{
    /// <summary>Requests of this level that may wait; 0 for as many as the model allows.</summary>
    public int QueueMax { get; set; }

    /// <summary>How long a request of this level may wait, in microseconds; 0 for the model's own.</summary>
    public long TimeoutUs { get; set; }

    internal void Verify(string field, ImmutableArray<Finding>.Builder found)
    {
        if (QueueMax is < 0 or > BatchLimits.QueueMax)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must be 0..65536.", $"{field}.queueMax"));
        }

        if (TimeoutUs is < 0 or > BatchLimits.TimeoutUsMax)
        {
            found.Add(ServeErrors.ConfigInvalid.At("must be 0..3600000000.", $"{field}.timeoutUs"));
        }
    }
}
