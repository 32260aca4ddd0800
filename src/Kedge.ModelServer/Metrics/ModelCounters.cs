using Kedge.Inference.Statistics;

namespace Kedge.ModelServer.Metrics;

/// <summary>What Triton counts per model. Each field is only ever added to, by any thread.</summary>
/// <param name="latency">Counts requests of all models by their time.</param>
internal sealed class ModelCounters(LatencyCounter latency)
{
    private const long NanosecondsPerMicrosecond = 1000;

    private long _success;
    private long _failure;
    private long _requestMicroseconds;
    private long _inputMicroseconds;
    private long _inferMicroseconds;
    private long _outputMicroseconds;
    private long _lastMs;

    internal long Success => Interlocked.Read(ref _success);

    internal long Failure => Interlocked.Read(ref _failure);

    /// <summary>Whole requests, from the whole body to the whole answer, in microseconds.</summary>
    internal long RequestMicroseconds => Interlocked.Read(ref _requestMicroseconds);

    /// <summary>Reading requests, in microseconds.</summary>
    internal long InputMicroseconds => Interlocked.Read(ref _inputMicroseconds);

    /// <summary>Computing, in microseconds.</summary>
    internal long InferMicroseconds => Interlocked.Read(ref _inferMicroseconds);

    /// <summary>Writing answers, in microseconds.</summary>
    internal long OutputMicroseconds => Interlocked.Read(ref _outputMicroseconds);

    internal void CountFailure() => Interlocked.Increment(ref _failure);

    /// <summary>Counts an answered request by the times at which its parts were done.</summary>
    internal void CountSuccess(TimeProvider time, long started, long read, long computed)
    {
        long written = time.GetTimestamp();
        Interlocked.Increment(ref _success);
        Interlocked.Exchange(ref _lastMs, time.GetUtcNow().ToUnixTimeMilliseconds());
        Add(ref _inputMicroseconds, time, started, read);
        Add(ref _inferMicroseconds, time, read, computed);
        Add(ref _outputMicroseconds, time, computed, written);
        Add(ref _requestMicroseconds, time, started, written);
        latency.Count(time.GetElapsedTime(started, written).TotalMicroseconds);
    }

    /// <summary>What was counted so far.</summary>
    internal ModelStatistics Read(string name, string version)
    {
        DurationCount Of(long microseconds) => new(Success, microseconds * NanosecondsPerMicrosecond);
        DurationCount infer = Of(InferMicroseconds);
        return new ModelStatistics
        {
            Name = name,
            Version = version,
            LastInferenceMs = Interlocked.Read(ref _lastMs),
            InferenceCount = Success,
            ExecutionCount = Success,
            Success = Of(RequestMicroseconds),
            Fail = new DurationCount(Failure, 0),
            Queue = Of(0),
            ComputeInput = Of(InputMicroseconds),
            ComputeInfer = infer,
            ComputeOutput = Of(OutputMicroseconds),
            Batches = Success == 0
                ? []
                : [new BatchStatistics(1, Of(InputMicroseconds), infer, Of(OutputMicroseconds))],
        };
    }

    private static void Add(ref long total, TimeProvider time, long from, long to) =>
        Interlocked.Add(ref total, time.GetElapsedTime(from, to).Ticks / TimeSpan.TicksPerMicrosecond);
}
