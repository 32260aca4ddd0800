using Kedge.Core.Device;

namespace Kedge.Core.Measure;

/// <summary>
/// What one instance of a workload did in one stretch of time. A device tells the newest ones again and again while
/// they grow: a later telling of the same window replaces the earlier one, so that losing or repeating a message
/// changes no sum.
/// </summary>
public sealed record FigureWindow
{
    /// <summary>Most requests that one window counts; a count above it is nonsense.</summary>
    public const long RequestsMax = 1L << 48;

    /// <summary>Which instance.</summary>
    public required InstanceId Instance { get; init; }

    /// <summary>Which release it ran.</summary>
    public required Digest Release { get; init; }

    /// <summary>When it began, by the device's clock, Unix ms. With the instance it names the window.</summary>
    public required long FromMs { get; init; }

    /// <summary>When the server heard of it first, by its own clock, Unix ms; 0 on the device.</summary>
    public long HeardMs { get; init; }

    /// <summary>
    /// How many older windows of the release this one sums up, as the server keeps them; 0 for a window as it was told.
    /// Of a sum the instance and the beginning are those of the newest window in it.
    /// </summary>
    public int Folded { get; init; }

    /// <summary>How long it has lasted, ms.</summary>
    public long ForMs { get; init; }

    /// <summary>Inference requests that were answered, well or not, 0..<see cref="RequestsMax"/>.</summary>
    public long Requests { get; init; }

    /// <summary>Those of them that were answered with an error.</summary>
    public long Failures { get; init; }

    /// <summary>How long those that were answered well took, from the whole request to the whole answer.</summary>
    public LatencySketch Latency { get; init; } = LatencySketch.Empty;

    /// <summary>
    /// How often the release had been started again on this device until then, since it began to serve there, because
    /// its process had ended by itself.
    /// </summary>
    public int Restarts { get; init; }

    /// <summary>How often the memory was read.</summary>
    public int Readings { get; init; }

    /// <summary>The least memory that a reading found, in bytes, page cache left out; 0 when none was made.</summary>
    public long MemoryLowBytes { get; init; }

    /// <summary>How often a temperature was read; 0 on a device that has no thermal zone.</summary>
    public int HeatReadings { get; init; }

    /// <summary>The lowest that a reading found the hottest thermal zone at, in thousandths of a degree
    /// Celsius.</summary>
    public int HeatLowMilliCelsius { get; init; }

    /// <summary>
    /// Golden samples of the model of which the smallest share agreed when the release was tried on this device; 0
    /// where the instance did not have to try them.
    /// </summary>
    public int GoldenSamples { get; init; }

    /// <summary>Those of them that agreed.</summary>
    public int GoldenAgreed { get; init; }

    /// <summary>Values of some of the requests, by bin; empty where nothing asks for them.</summary>
    public ValueTally Values { get; init; } = ValueTally.Empty;

    /// <summary>
    /// Written out, as the text below: what a record makes for its members would cost the agent more code than this.
    /// </summary>
    public bool Equals(FigureWindow? other) => other is not null
        && Instance == other.Instance && Release == other.Release && FromMs == other.FromMs && HeardMs == other.HeardMs
        && ForMs == other.ForMs && Requests == other.Requests && Failures == other.Failures
        && Latency.Equals(other.Latency) && Restarts == other.Restarts && Readings == other.Readings
        && MemoryLowBytes == other.MemoryLowBytes && Folded == other.Folded
        && HeatReadings == other.HeatReadings && HeatLowMilliCelsius == other.HeatLowMilliCelsius
        && Values.Text == other.Values.Text && GoldenSamples == other.GoldenSamples
        && GoldenAgreed == other.GoldenAgreed;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(FromMs, HeardMs, Requests);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Instance} from {FromMs}: {Requests} requests, {Failures} failures";
}
