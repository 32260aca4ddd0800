using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Kedge.Inference.Onnx;

namespace Kedge.Bench.Serve;

/// <summary>Every figure, as a table for people and as JSON for programs.</summary>
internal sealed class BenchReport
{
    private readonly List<(string Name, string Unit, double Value, (string Peer, double? Value)[] Peers)> _results = [];

    public void Add(string name, string unit, double value, params (string Peer, double? Value)[] peers) =>
        _results.Add((name, unit, value, [.. peers.Where(peer => peer.Value is not null)]));

    public void Print()
    {
        Console.WriteLine();
        foreach ((string name, string value) in Machine())
        {
            Console.WriteLine($"{name}: {value}");
        }

        foreach ((string name, string unit, double value, (string Peer, double? Value)[] peers) in _results)
        {
            string beside = string.Join("  ", peers.Select(peer => $"{peer.Peer} {Text(peer.Value ?? 0)}"));
            Console.WriteLine($"{name,-44} {Text(value),12} {unit,-6} {beside}");
        }
    }

    public string ToJson() => new JsonObject
    {
        ["machine"] = new JsonObject(Machine().Select(
            pair => KeyValuePair.Create(pair.Name, (JsonNode?)JsonValue.Create(pair.Value)))),
        ["results"] = new JsonArray([.. _results.Select(result => (JsonNode)new JsonObject
        {
            ["name"] = result.Name,
            ["unit"] = result.Unit,
            ["value"] = Math.Round(result.Value, 4),
            ["peers"] = new JsonObject(result.Peers.Select(
                peer => KeyValuePair.Create(peer.Peer, (JsonNode?)JsonValue.Create(Math.Round(peer.Value ?? 0, 4))))),
        })]),
    }.ToString();

    private static IEnumerable<(string Name, string Value)> Machine()
    {
        string model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
                ?? "unknown";
        yield return ("cpu", model);
        yield return ("cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        yield return ("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        yield return ("kernel", Environment.OSVersion.Version.ToString());
        yield return ("onnxruntime", OnnxRuntimeLibrary.LoadedVersion(null));
    }

    private static string Text(double value) => value.ToString(value < 10 ? "F3" : "F1", CultureInfo.InvariantCulture);
}
