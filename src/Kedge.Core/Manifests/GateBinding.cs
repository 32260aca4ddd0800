using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>Makes gates of a strategy that was checked, and fields of gates.</summary>
internal static class GateBinding
{
    private const long ErrorRequestsMin = 100;
    private const long DriftRequestsMin = 500;

    public static GatesSpec Bind(ManifestFields gates)
    {
        GatesSpec byDefault = new();
        return new GatesSpec
        {
            Window = Lifetime.TryParse(gates.Text("window"), out TimeSpan window) ? window : byDefault.Window,
            Errors = gates.At("errors") is { IsThere: true } errors
                ? new ErrorGate(
                    Share(errors.Text("max")),
                    Share(errors.Text("maxIncrease")),
                    Requests(errors) ?? ErrorRequestsMin)
                : null,
            Latency = [.. gates.Items("latency").Select(Latency)],
            Memory = gates.At("memory") is { IsThere: true } memory
                ? new MemoryGate(
                    memory.At("max").IsThere ? memory.Bytes("max") : null, Ratio(memory.Text("maxRatio")))
                : null,
            MaxRestarts = Whole(gates, "maxRestarts"),
            Temperature = gates.At("temperature") is { IsThere: true } temperature
                ? new TemperatureGate(Whole(temperature, "max"), Whole(temperature, "maxIncrease"))
                : null,
            GoldenPpm = Share(gates.At("golden").Text("agreement")),
            Drift = gates.At("drift") is { IsThere: true } drift
                ? new DriftGate(
                    Ratio(drift.Text("maxInputs")),
                    Ratio(drift.Text("maxOutputs")),
                    Requests(drift) ?? DriftRequestsMin)
                : null,
        };
    }

    /// <summary>Null without a gate.</summary>
    public static ManifestNode? Write(GatesSpec gates) => gates.IsEmpty ? null : ManifestWriter.Map(
        ("window", ManifestWriter.Text(Lifetime.Format(gates.Window))),
        ("errors", gates.Errors is { } errors
            ? ManifestWriter.Map(
                ("max", Share(errors.MaxPpm)),
                ("maxIncrease", Share(errors.MaxIncreasePpm)),
                ("minRequests", ManifestWriter.Number(errors.MinRequests)))
            : null),
        ("latency", gates.Latency.IsEmpty
            ? null
            : new ManifestNode.Sequence([.. gates.Latency.Select(latency => (ManifestNode)ManifestWriter.Map(
                ("quantile", ManifestWriter.Text(Word(latency.QuantilePermille))),
                ("max", latency.MaxMicroseconds is { } max
                    ? ManifestWriter.Text(Quantity.FormatMicroseconds(max))
                    : null),
                ("maxRatio", Ratio(latency.MaxRatioPermille)),
                ("minRequests", ManifestWriter.Number(latency.MinRequests))))])),
        ("memory", gates.Memory is { } memory
            ? ManifestWriter.Map(
                ("max", ManifestWriter.Bytes(memory.MaxBytes ?? 0)), ("maxRatio", Ratio(memory.MaxRatioPermille)))
            : null),
        ("maxRestarts", Whole(gates.MaxRestarts)),
        ("temperature", gates.Temperature is { } temperature
            ? ManifestWriter.Map(
                ("max", Whole(temperature.MaxCelsius)), ("maxIncrease", Whole(temperature.MaxIncreaseCelsius)))
            : null),
        ("golden", gates.GoldenPpm is { } golden ? ManifestWriter.Map(("agreement", Share(golden))) : null),
        ("drift", gates.Drift is { } drift
            ? ManifestWriter.Map(
                ("maxInputs", Ratio(drift.MaxInputsPermille)),
                ("maxOutputs", Ratio(drift.MaxOutputsPermille)),
                ("minRequests", ManifestWriter.Number(drift.MinRequests)))
            : null));

    private static LatencyGate Latency(ManifestFields latency)
    {
        string word = latency.Text("quantile");
        int permille = Array.Find(GateFields.Quantiles, q => q.Word == word) is { Permille: > 0 } known
            ? known.Permille
            : GateFields.Quantiles[0].Permille;
        return new LatencyGate(
            permille,
            Quantity.TryParseMicroseconds(latency.Text("max"), out long microseconds) ? microseconds : null,
            Ratio(latency.Text("maxRatio")),
            Requests(latency) ?? GateFields.MinRequestsOf(permille));
    }

    private static string Word(int permille) => Array.Find(GateFields.Quantiles, q => q.Permille == permille).Word;

    private static long? Requests(ManifestFields gate) =>
        gate.At("minRequests").IsThere ? gate.Number("minRequests") : null;

    private static int? Whole(ManifestFields gate, string field) =>
        gate.At(field).IsThere ? (int)gate.Number(field) : null;

    private static ManifestNode? Whole(int? number) => number is { } value ? ManifestWriter.Number(value) : null;

    private static int? Share(string text) => Quantity.TryParseShare(text, out int ppm) ? ppm : null;

    private static int? Ratio(string text) => Quantity.TryParseRatio(text, out int permille) ? permille : null;

    private static ManifestNode? Share(int? ppm) =>
        ppm is { } value ? ManifestWriter.Text(Quantity.FormatShare(value)) : null;

    private static ManifestNode? Ratio(int? permille) =>
        permille is { } value ? ManifestWriter.Text(Quantity.FormatRatio(value)) : null;
}
