using System.Collections.Immutable;

namespace Kedge.Core.Measure;

/// <summary>
/// What one metric is, without its values. Every project that has metrics lists them as
/// <c>public static readonly</c> fields of its static class <c>Instruments</c>, one each or all in one array;
/// <c>docs/metrics.md</c> is generated from those fields and held in step by a test.
/// </summary>
public sealed record MetricDescription
{
    private MetricDescription(
        string name, MetricKind kind, string unit, string help, ImmutableArray<double> buckets, string[] labels)
    {
        Check.That(IsMetricName(name));
        Check.That(help.Length > 0);
        foreach (string label in labels)
        {
            Check.That(IsLabelName(label));
        }

        Check.That(labels.Distinct(StringComparer.Ordinal).Count() == labels.Length);
        Name = name;
        Kind = kind;
        Unit = unit;
        Help = help;
        Buckets = buckets;
        Labels = [.. labels];
    }

    /// <summary>
    /// Full name as scraped: <c>kedge_agent_events_total</c>. Base units, unit last, before <c>_total</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>How the values move.</summary>
    public MetricKind Kind { get; }

    /// <summary>Unit of the values: <c>seconds</c>, <c>bytes</c>, <c>requests</c>.</summary>
    public string Unit { get; }

    /// <summary>One sentence for people.</summary>
    public string Help { get; }

    /// <summary>
    /// Upper bounds of a histogram's buckets in <see cref="Unit"/>, ascending, without +Inf; else empty.
    /// </summary>
    public ImmutableArray<double> Buckets { get; }

    /// <summary>Names of the labels, in the order in which samples give their values.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <summary>A metric that only grows.</summary>
    /// <param name="name">Name as scraped.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="help">One sentence for people.</param>
    /// <param name="labels">Names of the labels.</param>
    public static MetricDescription Counter(string name, string unit, string help, params string[] labels) =>
        new(name, MetricKind.Counter, unit, help, [], labels);

    /// <summary>A metric that goes up and down.</summary>
    /// <param name="name">Name as scraped.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="help">One sentence for people.</param>
    /// <param name="labels">Names of the labels.</param>
    public static MetricDescription Gauge(string name, string unit, string help, params string[] labels) =>
        new(name, MetricKind.Gauge, unit, help, [], labels);

    /// <summary>A metric that counts per bucket.</summary>
    /// <param name="name">Name as scraped, without <c>_bucket</c>, <c>_sum</c> and <c>_count</c>.</param>
    /// <param name="unit">Unit of the observed values.</param>
    /// <param name="help">One sentence for people.</param>
    /// <param name="buckets">Upper bounds in <paramref name="unit"/>, finite, strictly ascending; +Inf is
    /// implied.</param>
    /// <param name="labels">Names of the labels.</param>
    public static MetricDescription Histogram(
        string name, string unit, string help, ReadOnlySpan<double> buckets, params string[] labels)
    {
        Check.That(buckets.Length > 0);
        double last = double.NegativeInfinity;
        foreach (double bound in buckets)
        {
            Check.That(double.IsFinite(bound));
            Check.That(bound > last);
            last = bound;
        }

        return new MetricDescription(name, MetricKind.Histogram, unit, help, [.. buckets], labels);
    }

    /// <summary>Two descriptions are equal when everything in them is, labels and buckets in order.</summary>
    public bool Equals(MetricDescription? other) =>
        other is not null && Name == other.Name && Kind == other.Kind && Unit == other.Unit && Help == other.Help
        && Buckets.AsSpan().SequenceEqual(other.Buckets.AsSpan())
        && Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>Prometheus' rule for metric names: <c>[a-zA-Z_:][a-zA-Z0-9_:]*</c>.</summary>
    private static bool IsMetricName(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or ':'))
            {
                return false;
            }
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }

    /// <summary>Prometheus' rule for label names, less those that it keeps for itself.</summary>
    private static bool IsLabelName(string name) =>
        IsMetricName(name) && !name.Contains(':') && !name.StartsWith("__", StringComparison.Ordinal)
        && name is not ("le" or "quantile");
}
