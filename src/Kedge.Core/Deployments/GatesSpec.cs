using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>
/// What a new revision must keep while it is on trial, judged by the figures of the devices that have it. Nothing is
/// judged where nothing is set.
/// </summary>
public sealed record GatesSpec
{
    /// <summary>How long figures are collected before they are looked at afresh, 10 s..1 h.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Answers with an error; null for no gate.</summary>
    public ErrorGate? Errors { get; init; }

    /// <summary>Times of answers, 0..4 gates of unlike quantiles.</summary>
    public ImmutableArray<LatencyGate> Latency { get; init; } = [];

    /// <summary>Memory of each device; null for no gate.</summary>
    public MemoryGate? Memory { get; init; }

    /// <summary>Restarts that one device may need, from 0; null for no gate.</summary>
    public int? MaxRestarts { get; init; }

    /// <summary>How warm each device gets; null for no gate.</summary>
    public TemperatureGate? Temperature { get; init; }

    /// <summary>
    /// So many in a million of the golden samples must agree on each device, 1..1,000,000; null for as many as the
    /// package asks for.
    /// </summary>
    public int? GoldenPpm { get; init; }

    /// <summary>How far inputs and outputs may be from the package's reference; null for no gate.</summary>
    public DriftGate? Drift { get; init; }

    /// <summary>True when no gate is set.</summary>
    public bool IsEmpty => Errors is null && Latency.IsEmpty && Memory is null && MaxRestarts is null
        && Temperature is null && GoldenPpm is null && Drift is null;

    /// <summary>Compared by content: arrays would be compared by reference.</summary>
    public bool Equals(GatesSpec? other) => other is not null
        && (Window, Errors, Memory, MaxRestarts) == (other.Window, other.Errors, other.Memory, other.MaxRestarts)
        && (Temperature, GoldenPpm, Drift) == (other.Temperature, other.GoldenPpm, other.Drift)
        && Latency.SequenceEqual(other.Latency);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Window, Errors, Memory, MaxRestarts, Latency.Length);
}

/// <summary>How many answers may be errors.</summary>
/// <param name="MaxPpm">Most errors in a million answers, 0..1,000,000; null for no limit of its own.</param>
/// <param name="MaxIncreasePpm">
/// So many errors in a million answers more than with the old revision, 0..1,000,000; null for no comparison.
/// </param>
/// <param name="MinRequests">Answers of the new revision before the wave may pass, from 1.</param>
public sealed record ErrorGate(int? MaxPpm, int? MaxIncreasePpm, long MinRequests);

/// <summary>How long answers may take.</summary>
/// <param name="QuantilePermille">Which quantile, 500 for the median, 990 for p99; 1..999.</param>
/// <param name="MaxMicroseconds">At most so long; null for no limit of its own.</param>
/// <param name="MaxRatioPermille">
/// At most so many thousandths of the old revision's, 1,000..100,000; null for no comparison.
/// </param>
/// <param name="MinRequests">Answers of the new revision before the wave may pass, from 1.</param>
public sealed record LatencyGate(
    int QuantilePermille, long? MaxMicroseconds, int? MaxRatioPermille, long MinRequests);

/// <summary>
/// How much memory it may hold on each device: a device on which it never held less for a whole window has failed.
/// </summary>
/// <param name="MaxBytes">At most so many bytes; null for no limit of its own.</param>
/// <param name="MaxRatioPermille">
/// At most so many thousandths of what the old revision held there, 1,000..100,000; null for no comparison.
/// </param>
public sealed record MemoryGate(long? MaxBytes, int? MaxRatioPermille);

/// <summary>
/// How warm each device may get: one whose hottest part was never cooler for a whole window has failed.
/// </summary>
/// <param name="MaxCelsius">At most so many degrees Celsius; null for no limit of its own.</param>
/// <param name="MaxIncreaseCelsius">
/// At most so many degrees more than with the old revision there, from 1; null for no comparison.
/// </param>
public sealed record TemperatureGate(int? MaxCelsius, int? MaxIncreaseCelsius);

/// <summary>
/// How far what devices see and answer may be from the reference of the packages, as population stability index.
/// </summary>
/// <param name="MaxInputsPermille">Largest index of an input, in thousandths, from 1; null for no limit.</param>
/// <param name="MaxOutputsPermille">Largest index of an output, in thousandths, from 1; null for no limit.</param>
/// <param name="MinRequests">Requests that are looked at before the wave may pass, from 1.</param>
public sealed record DriftGate(int? MaxInputsPermille, int? MaxOutputsPermille, long MinRequests);
