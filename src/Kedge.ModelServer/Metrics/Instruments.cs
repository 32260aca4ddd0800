using System.Buffers;
using Kedge.Core.Measure;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Metrics;

/// <summary>Every metric of the model server, under the names that Triton has for them.</summary>
public static class Instruments
{
    /// <summary>Requests answered with a result.</summary>
    public static readonly MetricDescription RequestSuccess = MetricDescription.Counter(
        "nv_inference_request_success", "requests", "Inference requests answered with a result.", "model", "version");

    /// <summary>Requests answered with an error.</summary>
    public static readonly MetricDescription RequestFailure = MetricDescription.Counter(
        "nv_inference_request_failure", "requests", "Inference requests answered with an error.", "model", "version");

    /// <summary>Inferences.</summary>
    public static readonly MetricDescription InferenceCount = MetricDescription.Counter(
        "nv_inference_count", "inferences", "Inferences performed; a request is one.", "model", "version");

    /// <summary>Executions of the model.</summary>
    public static readonly MetricDescription ExecutionCount = MetricDescription.Counter(
        "nv_inference_exec_count", "executions",
        "Times the runtime was called; nothing is batched.", "model", "version");

    /// <summary>Time of whole requests.</summary>
    public static readonly MetricDescription RequestDuration = MetricDescription.Counter(
        "nv_inference_request_duration_us", "microseconds",
        "Time of successful requests, from the whole body to the whole answer.", "model", "version");

    /// <summary>Time in queues.</summary>
    public static readonly MetricDescription QueueDuration = MetricDescription.Counter(
        "nv_inference_queue_duration_us", "microseconds",
        "Time that requests waited in a queue: always 0, there is none.", "model", "version");

    /// <summary>Time of reading requests.</summary>
    public static readonly MetricDescription InputDuration = MetricDescription.Counter(
        "nv_inference_compute_input_duration_us", "microseconds", "Time spent reading inputs.", "model", "version");

    /// <summary>Time of computing.</summary>
    public static readonly MetricDescription InferDuration = MetricDescription.Counter(
        "nv_inference_compute_infer_duration_us", "microseconds", "Time spent computing.", "model", "version");

    /// <summary>Time of writing answers.</summary>
    public static readonly MetricDescription OutputDuration = MetricDescription.Counter(
        "nv_inference_compute_output_duration_us", "microseconds", "Time spent writing outputs.", "model", "version");

    /// <summary>Open connections.</summary>
    public static readonly MetricDescription OpenConnections = MetricDescription.Gauge(
        "kedge_serve_open_connections", "connections", "Open connections on the public socket.");

    /// <summary>Lines of the log that could not be written.</summary>
    public static readonly MetricDescription LogLinesDropped = MetricDescription.Counter(
        "kedge_serve_log_lines_dropped_total", "lines", "Lines of the log that could not be written.");

    internal static ReadOnlyMemory<byte> Write(IReadOnlyList<ServedModel> models, int openConnections, long dropped)
    {
        ArrayBufferWriter<byte> output = new();
        PrometheusText text = new(output);
        Each(text, RequestSuccess, models, static c => c.Success);
        Each(text, RequestFailure, models, static c => c.Failure);
        Each(text, InferenceCount, models, static c => c.Success);
        Each(text, ExecutionCount, models, static c => c.Success);
        Each(text, RequestDuration, models, static c => c.RequestMicroseconds);
        Each(text, QueueDuration, models, static _ => 0);
        Each(text, InputDuration, models, static c => c.InputMicroseconds);
        Each(text, InferDuration, models, static c => c.InferMicroseconds);
        Each(text, OutputDuration, models, static c => c.OutputMicroseconds);
        text.Begin(OpenConnections);
        text.Sample(openConnections);
        text.Begin(LogLinesDropped);
        text.Sample(dropped);
        return output.WrittenMemory;
    }

    private static void Each(
        PrometheusText text,
        MetricDescription metric,
        IReadOnlyList<ServedModel> models,
        Func<ModelCounters, long> read)
    {
        text.Begin(metric);
        foreach (ServedModel model in models)
        {
            text.Sample(read(model.Counters), model.Name, model.Version);
        }
    }
}
