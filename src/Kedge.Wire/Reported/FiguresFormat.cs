using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Measure;

namespace Kedge.Wire.Reported;

/// <summary>
/// The JSON of figures on <see cref="Topics.Telemetry"/>: the newest windows of one workload. Strict writing; reading
/// is
/// tolerant of unknown fields and bounds everything else, since a device may say anything.
/// </summary>
public static class FiguresFormat
{
    /// <summary>Version of the message.</summary>
    public const int Version = 1;

    /// <summary>Windows in one message: two of the release that serves, two of the one before it.</summary>
    public const int WindowsMax = 4;

    /// <summary>
    /// Longest stretch that a window may cover: a device may have been without a link for long, in ms.
    /// </summary>
    public const long ForMsMax = 1L << 40;

    /// <summary>Restarts and readings in one window; more is nonsense.</summary>
    public const int CountMax = 1_000_000_000;

    /// <summary>Memory of one instance, in bytes; more is nonsense.</summary>
    public const long MemoryBytesMax = 1L << 50;

    /// <summary>Temperature on either side of 0, in thousandths of a degree Celsius; more is nonsense.</summary>
    public const int MilliCelsiusMax = 1_000_000;

    private const long TimeMsMax = 1L << 53;
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 8 };

    /// <summary>UTF-8 JSON without a line break.</summary>
    /// <param name="workload">Whose figures.</param>
    /// <param name="windows">Windows of its instances, 1..<see cref="WindowsMax"/>.</param>
    public static byte[] Write(DeploymentId workload, IReadOnlyList<FigureWindow> windows)
    {
        Check.That(windows.Count is >= 1 and <= WindowsMax);
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v", Version);
            json.WriteString("workload", workload.ToString());
            json.WriteStartArray("windows");
            for (int i = 0; i < windows.Count; i++)
            {
                Check.That(windows[i].Instance.Workload == workload);
                json.WriteStartObject();
                WriteFields(json, windows[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Check.That(buffer.WrittenCount <= Limits.UpMessageBytesMax);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what a device sent.</summary>
    /// <returns>Whose figures, and its windows, 1..<see cref="WindowsMax"/>; null when it is nothing of ours.</returns>
    public static (DeploymentId Workload, ImmutableArray<FigureWindow> Windows)? TryRead(
        ReadOnlySpan<byte> bytes, out Finding? finding)
    {
        finding = null;
        if (bytes.Length > Limits.UpMessageBytesMax)
        {
            finding = WireErrors.Malformed.At($"{bytes.Length} bytes are more than {Limits.UpMessageBytesMax}");
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(bytes, Strict);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            Require(!reader.Read(), "the end");
            return ReadMessage(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException)
        {
            finding = WireErrors.Malformed.At($"the figures cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>Writes what is told of one window into an object that was begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, FigureWindow window)
    {
        json.WriteString("instance", window.Instance.ToString());
        json.WriteString("release", window.Release.ToString());
        json.WriteNumber("fromMs", window.FromMs);
        json.WriteNumber("forMs", window.ForMs);
        json.WriteNumber("requests", window.Requests);
        json.WriteNumber("failures", window.Failures);
        json.WriteString("latency", window.Latency.ToString());
        json.WriteNumber("restarts", window.Restarts);
        json.WriteNumber("readings", window.Readings);
        json.WriteNumber("memoryLowBytes", window.MemoryLowBytes);
        if (window.HeatReadings > 0)
        {
            json.WriteNumber("heatReadings", window.HeatReadings);
            json.WriteNumber("heatLowMilliC", window.HeatLowMilliCelsius);
        }

        if (window.GoldenSamples > 0)
        {
            json.WriteNumber("goldenSamples", window.GoldenSamples);
            json.WriteNumber("goldenAgreed", window.GoldenAgreed);
        }

        if (window.Values.Text.Length > 0)
        {
            json.WriteString("values", window.Values.Text);
        }
    }

    /// <summary>
    /// Reads what <see cref="WriteFields"/> wrote; throws <see cref="FormatException"/> and what
    /// <see cref="JsonElement"/> throws.
    /// </summary>
    public static FigureWindow ReadFields(JsonElement json)
    {
        Require(InstanceId.TryParse(json.GetProperty("instance").GetString(), out InstanceId instance), "instance");
        Require(Digest.TryParse(json.GetProperty("release").GetString(), out Digest release), "release");
        Require(
            LatencySketch.TryParse(json.GetProperty("latency").GetString() ?? "-", out LatencySketch? latency),
            "latency");
        long requests = Number(json, "requests", FigureWindow.RequestsMax);
        int samples = (int)Optional(json, "goldenSamples", 0, CountMax);
        Require(latency!.Total <= requests, "latency"); // A sketch that was read.
        // A model server may say anything: for values that are none its device's other figures are not refused.
        string said = json.TryGetProperty("values", out JsonElement counted) ? counted.GetString() ?? "" : "";
        ValueTally values = ValueTally.TryParse(said, out ValueTally? read) ? read : ValueTally.Empty;
        return new FigureWindow
        {
            Instance = instance,
            Release = release,
            FromMs = Number(json, "fromMs", TimeMsMax),
            ForMs = Number(json, "forMs", ForMsMax),
            Requests = requests,
            Failures = Number(json, "failures", requests),
            Latency = latency,
            Restarts = (int)Number(json, "restarts", CountMax),
            Readings = (int)Number(json, "readings", CountMax),
            MemoryLowBytes = Number(json, "memoryLowBytes", MemoryBytesMax),
            HeatReadings = (int)Optional(json, "heatReadings", 0, CountMax),
            HeatLowMilliCelsius = (int)Optional(json, "heatLowMilliC", -MilliCelsiusMax, MilliCelsiusMax),
            GoldenSamples = samples,
            GoldenAgreed = (int)Optional(json, "goldenAgreed", 0, samples),
            Values = values,
        };
    }

    /// <summary>How many members <see cref="WriteFields"/> writes of a window.</summary>
    public static int FieldsOf(FigureWindow window) =>
        10 + (window.HeatReadings > 0 ? 2 : 0) + (window.GoldenSamples > 0 ? 2 : 0)
        + (window.Values.Text.Length > 0 ? 1 : 0);

    private static (DeploymentId, ImmutableArray<FigureWindow>) ReadMessage(JsonElement root)
    {
        Require(root.GetProperty("v").GetInt32() == Version, "version");
        Require(DeploymentId.TryParse(root.GetProperty("workload").GetString(), out DeploymentId workload), "workload");
        JsonElement windows = root.GetProperty("windows");
        Require(windows.GetArrayLength() is >= 1 and <= WindowsMax, "windows");
        ImmutableArray<FigureWindow>.Builder read = ImmutableArray.CreateBuilder<FigureWindow>();
        foreach (JsonElement window in windows.EnumerateArray())
        {
            read.Add(ReadFields(window));
            Require(read[^1].Instance.Workload == workload, "instance");
        }

        return (workload, read.ToImmutable());
    }

    /// <summary>A number that older devices do not tell; 0 where it is not there.</summary>
    private static long Optional(JsonElement json, string field, long min, long max)
    {
        long value = json.TryGetProperty(field, out JsonElement told) ? told.GetInt64() : 0;
        Require(value >= min && value <= max, field);
        return value;
    }

    private static long Number(JsonElement json, string field, long max)
    {
        long value = json.GetProperty(field).GetInt64();
        Require(value >= 0 && value <= max, field);
        return value;
    }

    private static void Require(bool holds, string field)
    {
        if (!holds)
        {
            throw new FormatException($"{field} is out of its range");
        }
    }
}
