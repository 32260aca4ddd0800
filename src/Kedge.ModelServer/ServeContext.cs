using System.Collections.Immutable;
using Kedge.Core.Measure;
using Kedge.Inference.Regions;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Scheduling;
using Kedge.ModelServer.Shadow;
using Kedge.ModelServer.Tracing;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer;

/// <summary>
/// What answering a request needs to know about the process. Written by <see cref="ServeLoop"/> only.
/// </summary>
internal sealed class ServeContext
{
    private volatile bool _draining;
    private volatile CancellationTokenSource _streamsEnd = new();
    private volatile ModelTable _table = ModelTable.Empty;
    private volatile ShadowTap? _shadow;

    internal ServeContext(RotatingLog log, TimeProvider time)
    {
        LogFile = log;
        Time = time;
        ProgramVersion = "";
        WriteMetrics = static () => default;
        Tracer = new RequestTracer(time, log);
    }

    /// <summary>Where lines of the log go.</summary>
    internal ILogger Log => LogFile;

    /// <summary>The same with its settings.</summary>
    internal RotatingLog LogFile { get; }

    internal TimeProvider Time { get; }

    /// <summary>Traces requests.</summary>
    internal RequestTracer Tracer { get; }

    /// <summary>Shared memory that is registered; null where it is off.</summary>
    internal RegionTable? Regions { get; init; }

    /// <summary>Areas of control that are open on the public socket.</summary>
    internal ImmutableArray<string> OpenControl { get; init; } = [];

    /// <summary>Triton's extensions that this server has.</summary>
    internal IEnumerable<string> Extensions =>
    [
        "classification",
        .. Repository is null
            ? ReadOnlySpan<string>.Empty
            : ["model_repository", "model_repository(unload_dependents)"],
        "schedule_policy", "model_configuration",
        .. Regions is null ? ReadOnlySpan<string>.Empty : ["system_shared_memory"],
        "binary_tensor_data", "parameters", "statistics", "trace", "logging",
    ];

    internal string ProgramVersion { get; init; }

    /// <summary>Largest body of a request, in bytes.</summary>
    internal required long RequestBytesMax { get; init; }

    /// <summary>Body of <c>/metrics</c>, as of now.</summary>
    internal Func<ReadOnlyMemory<byte>> WriteMetrics { get; init; }

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

    /// <summary>Cancelled when streams that go on and on are to end with what has come.</summary>
    internal CancellationToken StreamsEnd => _streamsEnd.Token;

    /// <summary>Takes copies of requests; null, as nearly always, where nobody wants any.</summary>
    internal ShadowTap? Shadow
    {
        get => _shadow;
        set => _shadow = value;
    }

    /// <summary>The processors that models share; null gives each its own.</summary>
    internal ComputeSlots? Slots { get; init; }

    /// <summary>Requests by who sent them.</summary>
    internal ClientCounters Clients { get; } = new();

    /// <summary>Times of requests, all models together.</summary>
    internal LatencyCounter Latency { get; } = new();

    internal long Requests => Counted.Sum(static model => model.Counters.Success + model.Counters.Failure);

    internal long Failures => Counted.Sum(static model => model.Counters.Failure);

    /// <summary>Ends streams after this time, so that they can say so before their connections are cut.</summary>
    internal void EndStreams(TimeSpan after) => _streamsEnd.CancelAfter(after);

    /// <summary>Lets streams go on again: those that have not been ended yet, and new ones.</summary>
    internal void KeepStreams()
    {
        _streamsEnd.CancelAfter(Timeout.InfiniteTimeSpan);
        if (_streamsEnd.IsCancellationRequested)
        {
            // The old one is left to the collector: streams may still hold its token.
            _streamsEnd = new CancellationTokenSource();
        }
    }

    /// <summary>Values of requests, model by model; null where none are counted.</summary>
    internal ValueTally? ReadValues() => Counted.All(static model => model.Values is null)
        ? null
        : ValueTally.Of([.. Counted.SelectMany(static model => model.Values?.Read() ?? [])]);
}
