using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Manifests;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Core.Tests.Scenarios;

/// <summary>Gates and figures as a story writes them.</summary>
internal static class StoryFigures
{
    private const long WindowMs = 60_000;

    /// <summary>The gates with one more word.</summary>
    public static GatesSpec Gates(GatesSpec gates, string word, string value)
    {
        gates = gates with { Window = TimeSpan.FromMilliseconds(WindowMs) };
        ErrorGate errors = gates.Errors ?? new ErrorGate(null, null, 100);
        LatencyGate latency = gates.Latency.IsEmpty ? new LatencyGate(990, null, null, 100) : gates.Latency[0];
        return word switch
        {
            "errors" => gates with { Errors = errors with { MaxPpm = Share(value) } },
            "errors-more" => gates with { Errors = errors with { MaxIncreasePpm = Share(value) } },
            "p99" => gates with { Latency = [latency with { MaxMicroseconds = Microseconds(value) }] },
            "p99-ratio" => gates with { Latency = [latency with { MaxRatioPermille = Ratio(value) }] },
            "memory-ratio" => gates with { Memory = new MemoryGate(null, Ratio(value)) },
            "heat" => gates with
            {
                Temperature = new TemperatureGate((int)Count(value), gates.Temperature?.MaxIncreaseCelsius),
            },
            "heat-more" => gates with
            {
                Temperature = new TemperatureGate(gates.Temperature?.MaxCelsius, (int)Count(value)),
            },
            "golden" => gates with { GoldenPpm = Share(value) },
            "inputs" => gates with
            {
                Drift = new DriftGate(Ratio(value), gates.Drift?.MaxOutputsPermille, 100),
            },
            "outputs" => gates with
            {
                Drift = new DriftGate(gates.Drift?.MaxInputsPermille, Ratio(value), 100),
            },
            "restarts" => gates with { MaxRestarts = int.Parse(value, CultureInfo.InvariantCulture) },
            "min" => gates with
            {
                Errors = gates.Errors is null ? null : errors with { MinRequests = Count(value) },
                Latency = [.. gates.Latency.Select(l => l with { MinRequests = Count(value) })],
            },
            _ => throw new FormatException($"no word {word}"),
        };
    }

    /// <summary>The references of a model with one input and one output, of whole numbers below ten each.</summary>
    public static ImmutableArray<DriftReference> References =>
    [
        .. new[] { true, false }.Select(static isInput => ValueReference.Of(
            isInput, isInput ? "x" : "label",
            [.. Enumerable.Range(0, 1000).Select(static i => (double[])[i % 10])])!)
            .Select(static t => new DriftReference(t.Name, t)),
    ];

    /// <summary>
    /// Values of so many requests: those below ten in turn, but of each hundred so many that are nine instead.
    /// </summary>
    private static ValueTally Values(long count, long drifted) => ValueTally.Of(
    [
        .. References.Select(r =>
        {
            long[] bins = new long[r.Tensor.Counts.Length];
            for (int i = 0; i < count; i++)
            {
                bins[r.Tensor.BinOf(!r.Tensor.IsInput && i * 37 % 100 < drifted ? 9 : i % 10)]++;
            }

            return new ValueCounts(count, bins);
        }),
    ]);

    /// <summary>
    /// The device with so many more answers of what it is asked to run: of those that are well, 98 of 100 took half of
    /// the time that is given and the others all of it.
    /// </summary>
    public static DeviceSnapshot Answer(DeviceSnapshot device, DeploymentId name, string[] words, long nowMs)
    {
        Kedge.Core.Desired.WorkloadSpec spec = device.Desired.Single(w => w.Deployment == name);
        var held = device.Figures.GetValueOrDefault(name, []);
        InstanceId instance = new(name, spec.Revision);
        long from = nowMs / WindowMs * WindowMs;
        FigureWindow window = held.FirstOrDefault(w => w.Instance == instance && w.FromMs == from) ?? new FigureWindow
        {
            Instance = instance,
            Release = spec.Digest,
            FromMs = from,
            ForMs = WindowMs,
        };
        long count = Count(words[0]);
        long errors = Value(words, "errors") is { } e ? Count(e) : 0;
        long slow = (count - errors) / 50;
        double time = Microseconds(Value(words, "p99") ?? "10ms");
        long[] counts = new long[LatencySketch.Buckets];
        counts[LatencySketch.BucketOf(time / 2)] += count - errors - slow;
        counts[LatencySketch.BucketOf(time)] += slow;
        window = window with
        {
            Requests = window.Requests + count,
            Failures = window.Failures + errors,
            Latency = LatencySketch.Merge([window.Latency, LatencySketch.Of(counts)]),
            Restarts = window.Restarts + (Value(words, "restarts") is { } r ? (int)Count(r) : 0),
            Readings = 60,
            MemoryLowBytes = Value(words, "memory") is { } m && Quantity.TryParseBytes(m, out long bytes)
                ? bytes
                : window.MemoryLowBytes,
        };
        if (Value(words, "heat") is { } heat)
        {
            window = window with { HeatReadings = 60, HeatLowMilliCelsius = (int)Count(heat) * 1000 };
        }

        if (Value(words, "golden")?.Split('/') is [string agreed, string samples])
        {
            window = window with { GoldenAgreed = (int)Count(agreed), GoldenSamples = (int)Count(samples) };
        }

        if (Value(words, "drift") is { } drift)
        {
            window = window with { Values = ValueTally.Merge([window.Values, Values(count - errors, Count(drift))]) };
        }

        return device with { Figures = device.Figures.SetItem(name, FigureLog.Add(held, [window], nowMs)) };
    }

    private static string? Value(string[] words, string key) =>
        words.FirstOrDefault(w => w.StartsWith($"{key}=", StringComparison.Ordinal))?[(key.Length + 1)..];

    private static long Count(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int Share(string text) => Quantity.TryParseShare(text, out int ppm)
        ? ppm
        : throw new FormatException(text);

    private static int Ratio(string text) => Quantity.TryParseRatio(text, out int permille)
        ? permille
        : throw new FormatException(text);

    private static long Microseconds(string text) => Quantity.TryParseMicroseconds(text, out long microseconds)
        ? microseconds
        : throw new FormatException(text);
}
