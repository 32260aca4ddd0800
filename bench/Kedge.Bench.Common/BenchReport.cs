using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Kedge.Bench.Common;

/// <summary>Every figure, as a table for people and as JSON for programs.</summary>
/// <param name="versions">What was measured, by name; printed with the machine.</param>
public sealed class BenchReport(params (string Name, string Value)[] versions)
{
    private readonly List<(string Name, string Unit, double Value, (string Peer, double? Value)[] Peers)> _results = [];
    private readonly List<(string Name, string Value)> _versions = [.. versions];
    private readonly List<string> _notes = [];

    public void Add(string name, string unit, double value, params (string Peer, double? Value)[] peers) =>
        _results.Add((name, unit, value, [.. peers.Where(peer => peer.Value is not null)]));

    public void AddVersion(string name, string value) => _versions.Add((name, value));

    /// <summary>Says how something was measured, or why it was not.</summary>
    public void Note(string text) => _notes.Add(text);

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

        _notes.ForEach(Console.WriteLine);
    }

    /// <summary>Prints, and writes the JSON where it was asked for.</summary>
    public void Write(string? jsonFile)
    {
        Print();
        if (jsonFile is not null)
        {
            File.WriteAllText(jsonFile, ToJson());
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
        ["notes"] = new JsonArray([.. _notes.Select(note => (JsonNode?)JsonValue.Create(note))]),
    }.ToString();

    private IEnumerable<(string Name, string Value)> Machine()
    {
        string model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
                ?? "unknown";
        yield return ("cpu", model);
        yield return ("cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        yield return ("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        yield return ("kernel", Environment.OSVersion.Version.ToString());
        foreach ((string Name, string Value) version in _versions)
        {
            yield return version;
        }
    }

    private static string Text(double value) => value.ToString(value < 10 ? "F3" : "F1", CultureInfo.InvariantCulture);
}
