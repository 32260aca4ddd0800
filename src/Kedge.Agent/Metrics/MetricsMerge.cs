using System.Text;

namespace Kedge.Agent.Metrics;

/// <summary>
/// Puts the metrics of several model servers into one answer: each metric's description once, each sample with the
/// label
/// <c>workload</c> in front of its own.
/// </summary>
internal sealed class MetricsMerge
{
    private readonly SortedDictionary<string, (List<string> Head, List<string> Samples)> _metrics =
        new(StringComparer.Ordinal);

    /// <summary>Takes one server's text; lines that are none of the format are left out.</summary>
    internal void Add(string workload, ReadOnlySpan<char> text)
    {
        string current = "";
        foreach (ReadOnlySpan<char> raw in text.EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            if (line.StartsWith("# HELP ") || line.StartsWith("# TYPE "))
            {
                ReadOnlySpan<char> rest = line[7..];
                int space = rest.IndexOf(' ');
                current = space > 0 ? rest[..space].ToString() : "";
                AddHead(current, line.ToString());
            }
            else if (line.Length > 0 && line[0] != '#' && current.Length > 0)
            {
                _metrics[current].Samples.Add(Labelled(line, workload));
            }
        }
    }

    internal void WriteTo(StringBuilder output)
    {
        foreach ((List<string> head, List<string> samples) in _metrics.Values)
        {
            foreach (string line in head.Concat(samples))
            {
                _ = output.Append(line).Append('\n');
            }
        }
    }

    private void AddHead(string metric, string line)
    {
        if (metric.Length == 0)
        {
            return;
        }

        if (!_metrics.TryGetValue(metric, out (List<string> Head, List<string> Samples) entry))
        {
            entry = ([], []);
            _metrics.Add(metric, entry);
        }

        if (!entry.Head.Contains(line) && entry.Head.Count < 2)
        {
            entry.Head.Add(line);
        }
    }

    private static string Labelled(ReadOnlySpan<char> line, string workload)
    {
        int brace = line.IndexOf('{');
        int space = line.IndexOf(' ');
        if (brace > 0 && (space < 0 || brace < space))
        {
            return $"{line[..brace]}{{workload=\"{workload}\",{line[(brace + 1)..]}";
        }

        return space > 0 ? $"{line[..space]}{{workload=\"{workload}\"}}{line[space..]}" : line.ToString();
    }
}
