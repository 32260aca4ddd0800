using System.Net;
using System.Net.Sockets;

namespace Kedge.Tests.Fleet;

/// <summary>
/// Steady load on some endpoints at once, counted per endpoint. Every failure counts, none is hidden.
/// </summary>
public sealed class LoadGenerator : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _workers = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LoadCount> _counts = [];
    private readonly List<string> _failures = [];

    private LoadGenerator()
    {
    }

    /// <summary>What was counted so far, by name of the endpoint.</summary>
    public IReadOnlyDictionary<string, LoadCount> Counts
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, LoadCount>(_counts);
            }
        }
    }

    public long Requests => Counts.Values.Sum(c => c.Answered + c.Failed);

    public long Failed => Counts.Values.Sum(c => c.Failed);

    /// <summary>When the first request failed; null while none has.</summary>
    public DateTimeOffset? FirstFailedAt { get; private set; }

    /// <summary>How long the request took that took longest of those that were answered.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>The first failures, for people.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>
    /// Starts workers, each with one connection at a time and a request every <paramref name="period"/>.
    /// </summary>
    public static LoadGenerator Start(
        IEnumerable<(string Name, EndPoint EndPoint)> targets,
        string model,
        IReadOnlyList<Signal> signals,
        int workersPerTarget,
        TimeSpan period)
    {
        LoadGenerator load = new();
        foreach ((string name, EndPoint endpoint) in targets)
        {
            load._counts[name] = new LoadCount(0, 0, 0);
            for (int w = 0; w < workersPerTarget; w++)
            {
                int first = w * 37;
                load._workers.Add(Task.Run(() => load.WorkAsync(name, endpoint, model, signals, first, period)));
            }
        }

        return load;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WorkAsync(
        string name, EndPoint endpoint, string model, IReadOnlyList<Signal> signals, int next, TimeSpan period)
    {
        InferClient client = new(endpoint, $"/v2/models/{model}/infer");
        while (!_stop.IsCancellationRequested)
        {
            Signal signal = signals[next++ % signals.Count];
            try
            {
                // A request that was begun is always waited for: its loss would be a failure.
                using CancellationTokenSource late = new(TimeSpan.FromSeconds(20));
                long start = TimeProvider.System.GetTimestamp();
                (int status, string body) = await client.PostAsync(signal.Request, late.Token);
                CountTime(TimeProvider.System.GetElapsedTime(start));
                Count(name, status == 200, status == 200 && Signal.LabelOf(body) == signal.Label, $"{status} {body}");
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                Count(name, false, false, e.Message);
                client.Dispose();
                client = new InferClient(endpoint, $"/v2/models/{model}/infer");
                await Task.Delay(50);
            }

            if (period > TimeSpan.Zero)
            {
                await Task.Delay(period);
            }
        }

        client.Dispose();
    }

    private void CountTime(TimeSpan took)
    {
        lock (_gate)
        {
            Longest = took > Longest ? took : Longest;
        }
    }

    private void Count(string name, bool answered, bool right, string what)
    {
        lock (_gate)
        {
            LoadCount old = _counts[name];
            _counts[name] = new LoadCount(
                old.Answered + (answered ? 1 : 0), old.Right + (right ? 1 : 0), old.Failed + (answered ? 0 : 1));
            if (!answered)
            {
                FirstFailedAt ??= TimeProvider.System.GetUtcNow();
            }

            if (!answered && _failures.Count < 20)
            {
                _failures.Add($"{name}: {what}");
            }
        }
    }
}
