using System.Collections.Immutable;
using Kedge.Core.Measure;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Shadow;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer;

/// <summary>
/// What answering a request needs to know about the process. Written by <see cref="ServeLoop"/> only.
/// </summary>
internal sealed class ServeContext
{
    private volatile bool _draining;
    private volatile ModelTable _table = ModelTable.Empty;
    private volatile ShadowTap? _shadow;

    internal required ILogger Log { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required string ProgramVersion { get; init; }

    /// <summary>Largest body of a request, in bytes.</summary>
    internal required long RequestBytesMax { get; init; }

    /// <summary>Body of <c>/metrics</c>, as of now.</summary>
    internal required Func<ReadOnlyMemory<byte>> WriteMetrics { get; init; }

    /// <summary>What can be asked now; set before the first request can come.</summary>
    internal ModelTable Table
    {
        get => _table;
        set => _table = value;
    }

    /// <summary>Loads and unloads models; null where they stay as they are.</summary>
    internal ModelRepository? Repository { get; set; }

    /// <summary>
    /// Every model that could be asked at any time since the start: what they counted stays counted.
    /// </summary>
    internal ImmutableArray<ServedModel> Counted => Repository?.Served ?? _table.Models;

    /// <summary>Every model that can be asked now.</summary>
    internal ImmutableArray<ServedModel> Models => _table.Models;

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

    internal long Requests => Counted.Sum(static model => model.Counters.Success + model.Counters.Failure);

    internal long Failures => Counted.Sum(static model => model.Counters.Failure);

    /// <summary>Values of requests, model by model; null where none are counted.</summary>
    internal ValueTally? ReadValues() => Counted.All(static model => model.Values is null)
        ? null
        : ValueTally.Of([.. Counted.SelectMany(static model => model.Values?.Read() ?? [])]);
}
