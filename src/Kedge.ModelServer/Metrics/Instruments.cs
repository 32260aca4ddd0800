using System.Buffers;
using System.Globalization;
using Kedge.Core.Measure;
using Kedge.Inference.Statistics;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Metrics;

/// <summary>Every metric of the model server, under the names that Triton has for them.</summary>
public static class Instruments
{
    private const double NanosecondsPerSecond = 1e9;
    private const double NanosecondsPerMillisecond = 1e6;
    private const long NanosecondsPerMicrosecond = 1000;

    /// <summary>Upper bounds of request times, in seconds: from a tiny model to a large one on a slow device.</summary>
    private static readonly double[] RequestBounds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

    /// <summary>Upper bounds of Triton's histogram, in milliseconds.</summary>
    private static readonly double[] FirstResponseBounds = [100, 500, 2000, 5000];

    internal static readonly long[] RequestBoundsNs =
        [.. RequestBounds.Select(static s => (long)Math.Round(s * NanosecondsPerSecond))];

    internal static readonly long[] FirstResponseBoundsNs =
        [.. FirstResponseBounds.Select(static ms => (long)(ms * NanosecondsPerMillisecond))];

    /// <summary>Requests answered with a result.</summary>
    public static readonly MetricDescription RequestSuccess = MetricDescription.Counter(
        "nv_inference_request_success", "requests", "Inference requests answered with a result.", "model", "version");

    /// <summary>Requests answered with an error.</summary>
    public static readonly MetricDescription RequestFailure = MetricDescription.Counter(
        "nv_inference_request_failure", "requests",
        "Inference requests answered with an error, by reason: REJECTED by a full queue or a deadline, CANCELED, "
        + "BACKEND, or OTHER.",
        "model", "version", "reason");

    /// <summary>Inferences.</summary>
    public static readonly MetricDescription InferenceCount = MetricDescription.Counter(
        "nv_inference_count", "inferences",
        "Inferences performed: each row of a batched model, each request of any other; without cached answers.",
        "model", "version");

    /// <summary>Executions of the model.</summary>
    public static readonly MetricDescription ExecutionCount = MetricDescription.Counter(
        "nv_inference_exec_count", "executions", "Times the runtime computed; a batch is one.", "model", "version");

    /// <summary>Waiting requests.</summary>
    public static readonly MetricDescription PendingRequests = MetricDescription.Gauge(
        "nv_inference_pending_request_count", "requests", "Requests that wait to be computed.", "model", "version");

    /// <summary>Time of whole requests.</summary>
    public static readonly MetricDescription RequestDuration = MetricDescription.Counter(
        "nv_inference_request_duration_us", "microseconds",
        "Time of successful requests, from the whole body to the whole answer.", "model", "version");

    /// <summary>Time in queues.</summary>
    public static readonly MetricDescription QueueDuration = MetricDescription.Counter(
        "nv_inference_queue_duration_us", "microseconds",
        "Time that successful requests waited to be computed.", "model", "version");

    /// <summary>Time of reading requests.</summary>
    public static readonly MetricDescription InputDuration = MetricDescription.Counter(
        "nv_inference_compute_input_duration_us", "microseconds",
        "Time spent reading inputs and laying them together.", "model", "version");

    /// <summary>Time of computing.</summary>
    public static readonly MetricDescription InferDuration = MetricDescription.Counter(
        "nv_inference_compute_infer_duration_us", "microseconds", "Time spent computing.", "model", "version");

    /// <summary>Time of writing answers.</summary>
    public static readonly MetricDescription OutputDuration = MetricDescription.Counter(
        "nv_inference_compute_output_duration_us", "microseconds",
        "Time spent taking outputs apart and writing them.", "model", "version");

    /// <summary>Times by Triton's buckets.</summary>
    public static readonly MetricDescription FirstResponse = MetricDescription.Histogram(
        "nv_inference_first_response_histogram_ms", "milliseconds",
        "Time from the whole body to the answer of successful requests.", FirstResponseBounds, "model", "version");

    /// <summary>Hits of the cache.</summary>
    public static readonly MetricDescription CacheHits = MetricDescription.Counter(
        "nv_cache_num_hits_per_model", "requests", "Requests answered from the cache.", "model", "version");

    /// <summary>Misses of the cache.</summary>
    public static readonly MetricDescription CacheMisses = MetricDescription.Counter(
        "nv_cache_num_misses_per_model", "requests", "Requests that the cache did not know.", "model", "version");

    /// <summary>Time of hits.</summary>
    public static readonly MetricDescription CacheHitDuration = MetricDescription.Counter(
        "nv_cache_hit_duration_per_model", "microseconds",
        "Time to find and copy answers from the cache.", "model", "version");

    /// <summary>Time of misses.</summary>
    public static readonly MetricDescription CacheMissDuration = MetricDescription.Counter(
        "nv_cache_miss_duration_per_model", "microseconds",
        "Time to look for answers that the cache did not know, and to keep them.", "model", "version");

    /// <summary>Bytes of the cache.</summary>
    public static readonly MetricDescription CacheBytes = MetricDescription.Gauge(
        "kedge_serve_cache_bytes", "bytes", "Memory of kept answers.", "model", "version");

    /// <summary>Runs by size.</summary>
    public static readonly MetricDescription Batches = MetricDescription.Counter(
        "kedge_serve_batches_total", "runs", "Runs by the rows that they computed together.",
        "model", "version", "rows");

    /// <summary>Times of requests.</summary>
    public static readonly MetricDescription RequestSeconds = MetricDescription.Histogram(
        "kedge_serve_request_seconds", "seconds",
        "Time from the whole body to the whole answer of successful requests.", RequestBounds, "model", "version");

    /// <summary>Requests by client.</summary>
    public static readonly MetricDescription ClientRequests = MetricDescription.Counter(
        "kedge_serve_client_requests_total", "requests",
        "Requests by address of the client, of 32 addresses at most, and outcome: success or failure.",
        "client", "outcome");

    /// <summary>Managed bytes.</summary>
    public static readonly MetricDescription AllocatedBytes = MetricDescription.Counter(
        "kedge_serve_allocated_bytes_total", "bytes", "Managed memory allocated since the start.");

    /// <summary>Resident memory.</summary>
    public static readonly MetricDescription ResidentBytes = MetricDescription.Gauge(
        "kedge_serve_resident_bytes", "bytes", "Memory that the process holds.");

    /// <summary>Open connections.</summary>
    public static readonly MetricDescription OpenConnections = MetricDescription.Gauge(
        "kedge_serve_open_connections", "connections", "Open connections on the public socket.");

    /// <summary>Lines of the log that could not be written.</summary>
    public static readonly MetricDescription LogLinesDropped = MetricDescription.Counter(
        "kedge_serve_log_lines_dropped_total", "lines", "Lines of the log that could not be written.");

    internal static ReadOnlyMemory<byte> Write(
        IReadOnlyList<ServedModel> models, ClientCounters clients, int openConnections, long dropped)
    {
        ArrayBufferWriter<byte> output = new();
        PrometheusText text = new(output);
        WriteTriton(text, [.. models.Select(static m => m.ReadStatistics())]);
        Each(text, PendingRequests, models, static m => m.Waiting);
        Each(text, CacheBytes, models, static m => m.KeptBytes);
        WriteFailures(text, models);
        WriteTimes(text, models);
        WriteBatches(text, models);
        text.Begin(ClientRequests);
        foreach (ClientCounter client in clients.All)
        {
            text.Sample(client.Success, client.Name, "success");
            text.Sample(client.Failure, client.Name, "failure");
        }

        One(text, AllocatedBytes, ProcessMeasures.AllocatedBytes);
        One(text, ResidentBytes, ProcessMeasures.ResidentBytes);
        One(text, OpenConnections, openConnections);
        One(text, LogLinesDropped, dropped);
        return output.WrittenMemory;
    }

    private static void WriteTriton(PrometheusText text, IReadOnlyList<ModelStatistics> all)
    {
        Each(text, RequestSuccess, all, static s => s.Success.Count);
        Each(text, InferenceCount, all, static s => s.InferenceCount);
        Each(text, ExecutionCount, all, static s => s.ExecutionCount);
        Each(text, RequestDuration, all, static s => Microseconds(s.Success));
        Each(text, QueueDuration, all, static s => Microseconds(s.Queue));
        Each(text, InputDuration, all, static s => Microseconds(s.ComputeInput));
        Each(text, InferDuration, all, static s => Microseconds(s.ComputeInfer));
        Each(text, OutputDuration, all, static s => Microseconds(s.ComputeOutput));
        Each(text, CacheHits, all, static s => s.CacheHit.Count);
        Each(text, CacheMisses, all, static s => s.CacheMiss.Count);
        Each(text, CacheHitDuration, all, static s => Microseconds(s.CacheHit));
        Each(text, CacheMissDuration, all, static s => Microseconds(s.CacheMiss));
    }

    private static void WriteFailures(PrometheusText text, IReadOnlyList<ServedModel> models)
    {
        text.Begin(RequestFailure);
        foreach (ServedModel model in models)
        {
            foreach (FailureReason reason in FailureReasons.All)
            {
                text.Sample(
                    model.Counters.Failures(reason), model.Name, model.Version, FailureReasons.Label(reason));
            }
        }
    }

    private static void WriteTimes(PrometheusText text, IReadOnlyList<ServedModel> models)
    {
        text.Begin(FirstResponse);
        foreach (ServedModel model in models)
        {
            TimeHistogram times = model.Counters.FirstResponses;
            text.Histogram(times.Read(), times.SumNs / NanosecondsPerMillisecond, model.Name, model.Version);
        }

        text.Begin(RequestSeconds);
        foreach (ServedModel model in models)
        {
            TimeHistogram times = model.Counters.Times;
            text.Histogram(times.Read(), times.SumNs / NanosecondsPerSecond, model.Name, model.Version);
        }
    }

    private static void WriteBatches(PrometheusText text, IReadOnlyList<ServedModel> models)
    {
        text.Begin(Batches);
        foreach (ServedModel model in models)
        {
            foreach (BatchStatistics batch in model.ReadStatistics().Batches)
            {
                string rows = batch.Size.ToString(CultureInfo.InvariantCulture);
                text.Sample(batch.ComputeInfer.Count, model.Name, model.Version, rows);
            }
        }
    }

    private static long Microseconds(DurationCount time) => time.Nanoseconds / NanosecondsPerMicrosecond;

    private static void One(PrometheusText text, MetricDescription metric, double value)
    {
        text.Begin(metric);
        text.Sample(value);
    }

    private static void Each(
        PrometheusText text,
        MetricDescription metric,
        IReadOnlyList<ModelStatistics> all,
        Func<ModelStatistics, long> read)
    {
        text.Begin(metric);
        foreach (ModelStatistics statistics in all)
        {
            text.Sample(read(statistics), statistics.Name, statistics.Version);
        }
    }

    private static void Each(
        PrometheusText text, MetricDescription metric, IReadOnlyList<ServedModel> models, Func<ServedModel, long> read)
    {
        text.Begin(metric);
        foreach (ServedModel model in models)
        {
            text.Sample(read(model), model.Name, model.Version);
        }
    }
}
