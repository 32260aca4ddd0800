using System.Collections.Immutable;
using Kedge.Core.Measure;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer;

/// <summary>
/// What answering a request needs to know about the process. Written by <see cref="ServeLoop"/> only.
/// </summary>
internal sealed class ServeContext
{
    private volatile bool _draining;
    private volatile ShadowTap? _shadow;

    internal required ILogger Log { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required string ProgramVersion { get; init; }

    /// <summary>Largest body of a request, in bytes.</summary>
    internal required long RequestBytesMax { get; init; }

    /// <summary>Body of <c>/metrics</c>, as of now.</summary>
    internal required Func<ReadOnlyMemory<byte>> WriteMetrics { get; init; }

    /// <summary>What is loaded; set before the first request can come.</summary>
    internal ImmutableArray<LoadedModel> Models { get; set; } = [];

    /// <summary>True while every answer on the public socket ends its connection.</summary>
    internal bool IsDraining
    {
        get => _draining;
        set => _draining = value;
    }

    /// <summary>Takes copies of requests; null, as nearly always, where nobody wants any.</summary>
    internal ShadowTap? Shadow
    {
        get => _shadow;
        set => _shadow = value;
    }

    /// <summary>Times of requests, all models together.</summary>
    internal LatencyCounter Latency { get; } = new();

    internal long Requests => Models.Sum(static model => model.Counters.Success + model.Counters.Failure);

    internal long Failures => Models.Sum(static model => model.Counters.Failure);

    /// <summary>Values of requests, model by model; null where none are counted.</summary>
    internal ValueTally? ReadValues() => Models.All(static model => model.Values is null)
        ? null
        : ValueTally.Of([.. Models.SelectMany(static model => model.Values?.Read() ?? [])]);

    /// <summary>The model of this name, and of this version when one is named.</summary>
    internal LoadedModel? Find(ReadOnlySpan<char> name, ReadOnlySpan<char> version)
    {
        foreach (LoadedModel model in Models)
        {
            if (name.SequenceEqual(model.Name) && (version.IsEmpty || version.SequenceEqual(model.Version)))
            {
                return model;
            }
        }

        return null;
    }
}
