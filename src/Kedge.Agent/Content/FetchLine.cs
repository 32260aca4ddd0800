namespace Kedge.Agent.Content;

/// <summary>The line that content comes over: how fast it may come, and what came.</summary>
/// <param name="time">Clock and timers.</param>
internal sealed class FetchLine(TimeProvider time)
{
    private readonly FetchPace _pace = new();
    private readonly long _began = time.GetTimestamp();
    private long _bytes;

    /// <summary>The pace of the release that is fetched, in bytes per second; 0 for none.</summary>
    internal long BytesPerSecond { get; set; }

    /// <summary>Bytes that came since the start.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts bytes that came.</summary>
    internal void Count(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Waits for its turn at the allowed pace and pays for a piece; without a pace it does not wait.</summary>
    internal async ValueTask PayAsync(long bytes, CancellationToken cancel)
    {
        if (BytesPerSecond > 0 && _pace.Wait(Now) is { Ticks: > 0 } wait)
        {
            // Timers count whole milliseconds, and one that rings early would let a piece come early.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancel)
                .ConfigureAwait(false);
        }

        Pay(bytes);
    }

    /// <summary>Pays for a piece that came without waiting: the next one waits for both.</summary>
    internal void Pay(long bytes) => _pace.Pay(Now, bytes, BytesPerSecond);

    private TimeSpan Now => time.GetElapsedTime(_began);
}
