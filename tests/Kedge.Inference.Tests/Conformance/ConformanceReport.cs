using System.Text;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>What became of every case.</summary>
internal sealed class ConformanceReport
{
    public int Total { get; set; }

    public int PassedBare { get; set; }

    public int PassedThrough { get; set; }

    public List<string> NotExpressible { get; } = [];

    public List<string> FailedBare { get; } = [];

    public List<string> FailedThrough { get; } = [];

    public string Summary =>
        $"{Total} cases: {PassedBare} pass on the bare runtime, {PassedThrough} of those through the "
        + $"protocol, {FailedBare.Count} fail on the bare runtime, {NotExpressible.Count} not expressible";

    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine(Summary);
        Section(text, "Fail through the protocol though the bare runtime passes", FailedThrough);
        Section(text, "Fail on the bare runtime", FailedBare);
        Section(text, "Not expressible in the protocol", NotExpressible);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, List<string> lines)
    {
        text.AppendLine().AppendLine($"## {title}: {lines.Count}");
        lines.ForEach(line => text.AppendLine(line));
    }
}
