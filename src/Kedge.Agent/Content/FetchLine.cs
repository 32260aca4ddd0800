using System.Collections.Immutable;
using Kedge.Core.Device;

namespace Kedge.Agent.Content;

/// <summary>The line that content comes over: how fast it may come, and what came by which way.</summary>
/// <param name="time">Clock and timers.</param>
internal sealed class FetchLine(TimeProvider time)
{
    private static readonly string[] Names = ["envelope", "local", "neighbours", "delta", "chunks"];
    private readonly long[] _bytes = new long[Names.Length];
    private readonly FetchPace _pace = new();
    private readonly long _began = time.GetTimestamp();

    /// <summary>The pace of the release that is fetched, in bytes per second; 0 for none.</summary>
    internal long ReleasePace { get; set; }

    /// <summary>The device's own pace at this moment, in bytes per second; 0 for none.</summary>
    internal Func<long> DevicePace { get; set; } = static () => 0;

    /// <summary>Bytes that came from the server since the start.</summary>
    internal long Bytes => Came("envelope") + Came("delta") + Came("chunks");

    /// <summary>Bytes by way since the start; those of <c>local</c> came from this disk.</summary>
    internal ImmutableArray<WayBytes> ByWay =>
        [.. Names.Select(name => new WayBytes(name, Came(name)))];

    /// <summary>Counts bytes that came by a way.</summary>
    internal void Count(string way, long bytes) => Interlocked.Add(ref _bytes[Array.IndexOf(Names, way)], bytes);

    /// <summary>
    /// Pays for a piece that came, and waits until the next one may come; without a pace it does not wait.
    /// </summary>
    internal async ValueTask PayAsync(long bytes, CancellationToken cancel)
    {
        _pace.Pay(Now, bytes, Pace());
        if (_pace.Wait(Now) is { Ticks: > 0 } wait)
        {
            // Timers count whole milliseconds, and one that rings early would let a piece come early.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>The least of what release and device allow.</summary>
    private long Pace() => BandwidthRule.Least(ReleasePace, DevicePace());

    private long Came(string way) => Interlocked.Read(ref _bytes[Array.IndexOf(Names, way)]);

    private TimeSpan Now => time.GetElapsedTime(_began);
}
