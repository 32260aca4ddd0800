using System.Globalization;

namespace Kedge.Core.Manifests;

/// <summary>What gates must say to judge anything.</summary>
internal static class GateRules
{
    private static readonly string[] Kinds =
        ["errors", "latency", "memory", "maxRestarts", "temperature", "golden", "drift"];

    public static void Check(ManifestFields gates, FindingList findings)
    {
        if (!gates.IsThere)
        {
            return;
        }

        if (!Kinds.Any(kind => gates.At(kind).IsThere))
        {
            Add(findings, gates, "gates", $"gates judge nothing; give {string.Join(", ", Kinds[..^1])} or {Kinds[^1]}");
        }

        OneOf(findings, gates.At("errors"), "gates.errors", "max", "maxIncrease");
        OneOf(findings, gates.At("memory"), "gates.memory", "max", "maxRatio");
        OneOf(findings, gates.At("temperature"), "gates.temperature", "max", "maxIncrease");
        OneOf(findings, gates.At("drift"), "gates.drift", "maxInputs", "maxOutputs");
        HashSet<string> quantiles = new(StringComparer.Ordinal);
        int index = 0;
        foreach (ManifestFields latency in gates.Items("latency"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"gates.latency[{index++}]");
            OneOf(findings, latency, path, "max", "maxRatio");
            string quantile = latency.Text("quantile");
            if (quantile.Length > 0 && !quantiles.Add(quantile))
            {
                findings.Add(
                    SpecErrors.DuplicateValue, $"two gates are for {ScalarWords.Shown(quantile)}",
                    $"spec.strategy.{path}.quantile", latency.At("quantile").Line);
            }
        }
    }

    private static void OneOf(FindingList findings, ManifestFields gate, string path, string a, string b)
    {
        if (gate.IsThere && !gate.At(a).IsThere && !gate.At(b).IsThere)
        {
            Add(findings, gate, path, $"give {a}, {b} or both");
        }
    }

    private static void Add(FindingList findings, ManifestFields of, string path, string message) =>
        findings.Add(SpecErrors.Strategy, message, $"spec.strategy.{path}", of.Line);
}
