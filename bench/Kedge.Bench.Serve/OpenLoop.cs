namespace Kedge.Bench.Serve;

/// <summary>What an open loop gave.</summary>
/// <param name="Asked">Requests that were due.</param>
/// <param name="Failed">Those without a good answer.</param>
/// <param name="Rps">Good answers per second.</param>
/// <param name="Mean">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
internal sealed record OpenLoopFigures(int Asked, int Failed, double Rps, double Mean, double P99);

/// <summary>
/// Requests at a fixed rate, whatever the server does. A request that finds every connection busy is counted from the
/// moment when it was due, so that a server that stalls cannot slow its own questions down (coordinated omission). One
/// that is sent in time is counted from when it was sent: the error of the sleep before it is not the server's.
/// </summary>
internal sealed class OpenLoop
{
    private readonly long[] _times;
    private readonly Func<IOpenClient> _newClient;
    private readonly double _ticksBetween;
    private readonly long _started;
    private int _next;

    private OpenLoop(double rate, int count, Func<IOpenClient> newClient)
    {
        _times = new long[count];
        _newClient = newClient;
        _ticksBetween = TimeProvider.System.TimestampFrequency / rate;
        _started = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Runs to the end; <paramref name="during"/> runs beside it, on the caller's thread.</summary>
    /// <param name="rate">Requests per second.</param>
    /// <param name="connections">How many may be under way.</param>
    /// <param name="duration">For how long requests are due.</param>
    /// <param name="newClient">A connection.</param>
    /// <param name="during">Anything; null for nothing.</param>
    public static OpenLoopFigures Run(
        double rate, int connections, TimeSpan duration, Func<IOpenClient> newClient, Action? during = null)
    {
        OpenLoop loop = new(rate, (int)(rate * duration.TotalSeconds), newClient);
        Thread[] threads = [.. Enumerable.Range(0, connections).Select(_ => new Thread(loop.Work))];
        Array.ForEach(threads, thread => thread.Start());
        during?.Invoke();
        Array.ForEach(threads, thread => thread.Join());
        return loop.Figures();
    }

    private void Work()
    {
        using IOpenClient client = _newClient();
        int index;
        while ((index = Interlocked.Increment(ref _next) - 1) < _times.Length)
        {
            long due = _started + (long)(index * _ticksBetween);
            long now = TimeProvider.System.GetTimestamp();
            if (now < due)
            {
                Thread.Sleep((int)Math.Ceiling((due - now) * 1000.0 / TimeProvider.System.TimestampFrequency));
                due = TimeProvider.System.GetTimestamp();
            }

            _times[index] = client.TryAsk() ? TimeProvider.System.GetTimestamp() - due : -1;
        }
    }

    private OpenLoopFigures Figures()
    {
        double seconds = TimeProvider.System.GetElapsedTime(_started).TotalSeconds;
        double perMicrosecond = TimeProvider.System.TimestampFrequency / 1e6;
        long[] good = [.. _times.Where(time => time >= 0).Order()];
        return new OpenLoopFigures(
            _times.Length, _times.Length - good.Length, good.Length / seconds,
            good.Length == 0 ? 0 : good.Average() / perMicrosecond,
            good.Length == 0 ? 0 : good[(int)(good.Length * 0.99)] / perMicrosecond);
    }
}
