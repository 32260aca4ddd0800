using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Statistics;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Metrics;

/// <summary>
/// What Triton counts per model, and a little more. Each field is only ever added to, by any thread, without a lock or
/// an allocation; read while it is added to.
/// </summary>
/// <param name="latency">Counts requests of all models by their time.</param>
/// <param name="batchRowsMax">Largest batch of the model.</param>
internal sealed class ModelCounters(LatencyCounter latency, int batchRowsMax = 1)
{
    private readonly DurationCounter[] _failures = new DurationCounter[FailureReasons.All.Length];
    private readonly BatchCounter _batches = new(Math.Clamp(batchRowsMax, 1, BatchLimits.RowsMax));
    private DurationCounter _success;
    private DurationCounter _queue;
    private DurationCounter _input;
    private DurationCounter _infer;
    private DurationCounter _output;
    private DurationCounter _cacheHit;
    private DurationCounter _cacheMiss;
    private long _inferences;
    private long _lastMs;

    /// <summary>Requests answered with a result.</summary>
    internal long Success => _success.Read().Count;

    /// <summary>Requests answered with an error.</summary>
    internal long Failure => _failures.Sum(static f => f.Read().Count);

    /// <summary>Times from the whole request to the whole answer.</summary>
    internal TimeHistogram Times { get; } = new(Instruments.RequestBoundsNs);

    /// <summary>The same in Triton's wide buckets.</summary>
    internal TimeHistogram FirstResponses { get; } = new(Instruments.FirstResponseBoundsNs);

    /// <summary>Requests answered with an error of this kind.</summary>
    internal long Failures(FailureReason reason) => _failures[(int)reason].Read().Count;

    /// <summary>Counts a request that failed before it was a request.</summary>
    internal void CountFailure() => _failures[(int)FailureReason.Other].Add(0);

    /// <summary>Counts a request that failed.</summary>
    internal void CountFailure(TimeProvider time, Finding fault, long started) =>
        _failures[(int)FailureReasons.Of(fault)].Add(Nanoseconds(time, started, time.GetTimestamp()));

    /// <summary>Counts an answered request by the times at which its parts were done.</summary>
    internal void CountSuccess(TimeProvider time, long started, InferenceRun run)
    {
        long written = time.GetTimestamp();
        long wholeNs = Nanoseconds(time, started, written);
        _success.Add(wholeNs);
        if (!run.IsCached)
        {
            _queue.Add(Nanoseconds(time, run.ReadAt, run.ComputeStartedAt));
            _input.Add(
                Nanoseconds(time, started, run.ReadAt) + Nanoseconds(time, run.ComputeStartedAt, run.GatheredAt));
            _infer.Add(Nanoseconds(time, run.GatheredAt, run.InferredAt));
            _output.Add(Nanoseconds(time, run.InferredAt, written));
        }

        Times.Add(wholeNs);
        FirstResponses.Add(wholeNs);
        Volatile.Write(ref _lastMs, time.GetUtcNow().ToUnixTimeMilliseconds());
        latency.Count(time.GetElapsedTime(started, written).TotalMicroseconds);
    }

    /// <summary>Counts a run that computed one request or several.</summary>
    internal void CountRun(TimeProvider time, int rows, in RunTimes times)
    {
        Interlocked.Add(ref _inferences, rows);
        _batches.Add(
            rows,
            Nanoseconds(time, times.Started, times.Gathered),
            Nanoseconds(time, times.Gathered, times.Inferred),
            Nanoseconds(time, times.Inferred, times.Scattered));
    }

    /// <summary>Counts an answer that was known already.</summary>
    internal void CountHit(TimeProvider time, long from, long to) => _cacheHit.Add(Nanoseconds(time, from, to));

    /// <summary>Counts an answer that was not known, with the time to look and to keep it.</summary>
    internal void CountMiss(TimeSpan spent) => _cacheMiss.Add(spent.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>What was counted so far.</summary>
    internal ModelStatistics Read(string name, string version)
    {
        System.Collections.Immutable.ImmutableArray<BatchStatistics> batches = _batches.Read();
        DurationCount fail = default;
        foreach (ref DurationCounter failure in _failures.AsSpan())
        {
            DurationCount one = failure.Read();
            fail = new DurationCount(fail.Count + one.Count, fail.Nanoseconds + one.Nanoseconds);
        }

        return new ModelStatistics
        {
            Name = name,
            Version = version,
            LastInferenceMs = Volatile.Read(ref _lastMs),
            InferenceCount = Interlocked.Read(ref _inferences),
            ExecutionCount = batches.Sum(static b => b.ComputeInfer.Count),
            Success = _success.Read(),
            Fail = fail,
            Queue = _queue.Read(),
            ComputeInput = _input.Read(),
            ComputeInfer = _infer.Read(),
            ComputeOutput = _output.Read(),
            CacheHit = _cacheHit.Read(),
            CacheMiss = _cacheMiss.Read(),
            Batches = batches,
        };
    }

    private static long Nanoseconds(TimeProvider time, long from, long to) =>
        time.GetElapsedTime(from, to).Ticks * TimeSpan.NanosecondsPerTick;
}
