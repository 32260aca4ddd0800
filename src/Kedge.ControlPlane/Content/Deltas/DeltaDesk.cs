using System.Threading.Channels;
using Kedge.Core.Errors;
using Kedge.Store;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>
/// Where differences are asked for. Each is computed once, when it is first asked for, by one thread that gives way to
/// everything else; the others wait in a short queue. Who asks waits two seconds and is then told when to come back.
/// A pair for which there is nothing to be had is remembered for a while, so that it costs nobody anything again.
/// </summary>
internal sealed partial class DeltaDesk : IAsyncDisposable
{
    private const int DiskFull = 28; // ENOSPC

    private readonly DeltaFolder _folder;
    private readonly DeltaWork _work;
    private readonly ContentMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<DeltaPair, Job> _jobs = [];
    private readonly Dictionary<DeltaPair, Refusal> _refused = [];
    private readonly Channel<Job> _queue = Channel.CreateBounded<Job>(ServerLimits.DeltaQueueMax);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _jobNumber;

    /// <summary>Opens the desk.</summary>
    public DeltaDesk(DeltaFolder folder, DeltaWork work, ContentMeters meters, TimeProvider time, ILogger log)
    {
        _folder = folder;
        _work = work;
        _meters = meters;
        _time = time;
        _log = log;
        _loop = ServeAsync();
    }

    /// <summary>The difference, or when to come for it, or why there is none.</summary>
    public async ValueTask<DeltaOutcome> AskAsync(DeltaAsk ask, CancellationToken ct)
    {
        if (_folder.Find(ask.Pair) is KeptDelta file)
        {
            return new DeltaOutcome.Ready(file, IsNew: false);
        }

        Job? job;
        lock (_lock)
        {
            if (_refused.TryGetValue(ask.Pair, out Refusal? refusal) && refusal.UntilMs > NowMs)
            {
                return new DeltaOutcome.None(refusal.Why);
            }

            job = JobOf(ask);
        }

        if (job is null)
        {
            return new DeltaOutcome.Coming(ServerLimits.DeltaRetryMax);
        }

        try
        {
            return await job.Done.Task.WaitAsync(ServerLimits.DeltaWait, _time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new DeltaOutcome.Coming(WaitFor(job));
        }
    }

    /// <summary>Stops: what is being computed is given up and computed again when it is next asked for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The job of a pair, a new one where there is none; null when the queue is full.</summary>
    private Job? JobOf(DeltaAsk ask)
    {
        if (_jobs.TryGetValue(ask.Pair, out Job? known))
        {
            return known;
        }

        Job job = new(ask, ++_jobNumber);
        if (!_queue.Writer.TryWrite(job))
        {
            return null;
        }

        _jobs[ask.Pair] = job;
        return job;
    }

    /// <summary>A guess from what is before it, at 8 MB/s.</summary>
    private TimeSpan WaitFor(Job job)
    {
        lock (_lock)
        {
            long bytes = job.Ask.Target.Bytes
                + _jobs.Values.Where(j => j.Number < job.Number).Sum(j => j.Ask.Target.Bytes);
            TimeSpan guess = TimeSpan.FromSeconds(Math.Ceiling(bytes / 8e6));
            return guess < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1)
                : guess > ServerLimits.DeltaRetryMax ? ServerLimits.DeltaRetryMax
                : guess;
        }
    }

    private async Task ServeAsync()
    {
        await foreach (Job job in _queue.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            DeltaOutcome outcome = _stop.IsCancellationRequested
                ? new DeltaOutcome.Coming(TimeSpan.FromSeconds(1))
                : await RunAsync(job.Ask).ConfigureAwait(false);
            lock (_lock)
            {
                _jobs.Remove(job.Ask.Pair);
            }

            job.Done.TrySetResult(outcome);
        }
    }

    private async Task<DeltaOutcome> RunAsync(DeltaAsk ask)
    {
        long start = _time.GetTimestamp();
        using CancellationTokenSource limit = new(ServerLimits.DeltaTimeMax, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            DeltaOutcome outcome = await _work.RunAsync(ask, both.Token).ConfigureAwait(false);
            TimeSpan took = _time.GetElapsedTime(start);
            if (outcome is DeltaOutcome.None(var why))
            {
                _meters.CountDelta("useless", 0, took);
                Useless(ask.Pair, took.TotalSeconds, why.Message);
                return Refuse(ask.Pair, why, ServerLimits.DeltaUselessFor);
            }

            if (outcome is DeltaOutcome.Ready { IsNew: true, File: var file })
            {
                _meters.CountDelta("computed", file.Bytes, took);
                Computed(ask.Pair, file.Bytes, ask.Target.Bytes, took.TotalSeconds);
            }

            return outcome;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return new DeltaOutcome.Coming(TimeSpan.FromSeconds(1));
        }
        catch (Exception e)
        {
            // The outermost place of a job: whatever it met, devices take chunks and the next job goes on.
            Failed(ask.Pair, e);
            _meters.CountDelta("failed", 0, _time.GetElapsedTime(start));
            return Refuse(ask.Pair, FindingOf(e), ServerLimits.DeltaFailedFor);
        }
    }

    private static Finding FindingOf(Exception e) => e switch
    {
        KedgeException known => known.Finding,
        IOException { HResult: DiskFull } => StoreErrors.Full.At("there is no room for a difference"),
        OperationCanceledException => ServerErrors.DeltaFailed.At(
            $"it was given up after {ServerLimits.DeltaTimeMax.TotalMinutes} minutes"),
        _ => ServerErrors.DeltaFailed.At($"it ended with {e.GetType().Name}"),
    };

    private DeltaOutcome.None Refuse(DeltaPair pair, Finding why, TimeSpan time)
    {
        lock (_lock)
        {
            if (_refused.Count >= ServerLimits.DeltaRefusalsMax)
            {
                _refused.Clear();
            }

            _refused[pair] = new Refusal(NowMs + (long)time.TotalMilliseconds, why);
        }

        return new DeltaOutcome.None(why);
    }

    [LoggerMessage(EventIds.DeltaComputed, LogLevel.Information,
        "Difference of {Pair}: {Bytes} of {FileBytes} bytes in {Seconds} s")]
    private partial void Computed(DeltaPair pair, long bytes, long fileBytes, double seconds);

    [LoggerMessage(EventIds.DeltaUseless, LogLevel.Information,
        "No difference of {Pair} is worth it, after {Seconds} s: {Reason}")]
    private partial void Useless(DeltaPair pair, double seconds, string reason);

    [LoggerMessage(EventIds.DeltaFailed, LogLevel.Warning, "The difference of {Pair} failed; devices take chunks")]
    private partial void Failed(DeltaPair pair, Exception exception);

    private sealed record Refusal(long UntilMs, Finding Why);

    private sealed class Job(DeltaAsk ask, long number)
    {
        public long Number { get; } = number;

        public DeltaAsk Ask { get; } = ask;

        public TaskCompletionSource<DeltaOutcome> Done { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
