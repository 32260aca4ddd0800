using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kedge.Core.Measure;

/// <summary>
/// Writes metrics in Prometheus' text exposition format 0.0.4. Problem: the control plane, the agent and the model
/// server all answer <c>/metrics</c>, and a scraper drops the whole answer for one bad line. Approach: the caller
/// begins each metric once with its description and then gives its samples, so that lines of one metric cannot be torn
/// apart; label names come from the description, only values come from the caller, and those are escaped.
/// It holds no values and reads no clock.
/// </summary>
/// <param name="output">Where the UTF-8 text goes.</param>
public sealed class PrometheusText(IBufferWriter<byte> output)
{
    /// <summary>Value of the HTTP header <c>Content-Type</c> of an answer in this format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private MetricDescription? _metric;

    /// <summary>Writes the HELP and TYPE lines of a metric; each metric is begun once.</summary>
    /// <param name="metric">The metric that the following samples belong to.</param>
    public void Begin(MetricDescription metric)
    {
        Check.That(_begun.Add(metric.Name));
        _metric = metric;
        Write("# HELP ");
        Write(metric.Name);
        Write(" ");
        WriteEscaped(metric.Help, quoted: false);
        Write("\n# TYPE ");
        Write(metric.Name);
        Write(metric.Kind switch
        {
            MetricKind.Counter => " counter\n",
            MetricKind.Gauge => " gauge\n",
            MetricKind.Histogram => " histogram\n",
            MetricKind.Unknown => throw Check.Unreachable(metric.Kind),
        });
    }

    /// <summary>Writes one sample of the counter or gauge that was begun last.</summary>
    /// <param name="value">The value, in the unit of the metric; not a number and infinities are written as
    /// such.</param>
    /// <param name="labelValues">One value for each label of the metric, in its order.</param>
    public void Sample(double value, params ReadOnlySpan<string> labelValues)
    {
        Check.That(_metric is not null);
        Check.That(_metric.Kind is MetricKind.Counter or MetricKind.Gauge);
        WriteLine(_metric, "", labelValues, le: null, value);
    }

    /// <summary>Writes the buckets, sum and count of the histogram that was begun last.</summary>
    /// <param name="counts">Observations in each bucket alone, not cumulated; one more than the bounds, for
    /// +Inf.</param>
    /// <param name="sum">Sum of all observations, in the unit of the metric.</param>
    /// <param name="labelValues">One value for each label of the metric, in its order.</param>
    public void Histogram(ReadOnlySpan<long> counts, double sum, params ReadOnlySpan<string> labelValues)
    {
        Check.That(_metric is not null);
        Check.That(_metric.Kind == MetricKind.Histogram);
        Check.That(counts.Length == _metric.Buckets.Length + 1);
        long total = 0;
        for (int index = 0; index < counts.Length; index++)
        {
            total += counts[index];
            double bound = index < _metric.Buckets.Length ? _metric.Buckets[index] : double.PositiveInfinity;
            WriteLine(_metric, "_bucket", labelValues, bound, total);
        }

        WriteLine(_metric, "_sum", labelValues, le: null, sum);
        WriteLine(_metric, "_count", labelValues, le: null, total);
    }

    private void WriteLine(
        MetricDescription metric, string suffix, ReadOnlySpan<string> labelValues, double? le, double value)
    {
        Check.That(labelValues.Length == metric.Labels.Length);
        Write(metric.Name);
        Write(suffix);
        string separator = "{";
        for (int index = 0; index < labelValues.Length; index++)
        {
            Write(separator);
            Write(metric.Labels[index]);
            Write("=\"");
            WriteEscaped(labelValues[index], quoted: true);
            Write("\"");
            separator = ",";
        }

        if (le is { } bound)
        {
            Write(separator);
            Write("le=\"");
            WriteNumber(bound);
            Write("\"");
            separator = ",";
        }

        Write(separator == "{" ? " " : "} ");
        WriteNumber(value);
        Write("\n");
    }

    private void WriteNumber(double value)
    {
        if (!double.IsFinite(value))
        {
            Write(double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
            return;
        }

        Span<char> text = stackalloc char[32];
        bool fits = value.TryFormat(text, out int charsWritten, "R", CultureInfo.InvariantCulture);
        Check.That(fits);
        Write(text[..charsWritten]);
    }

    /// <summary>Escapes backslash and line feed, and the quote inside quotes, as the format asks.</summary>
    private void WriteEscaped(ReadOnlySpan<char> text, bool quoted)
    {
        ReadOnlySpan<char> special = quoted ? "\\\n\"" : "\\\n";
        int at;
        while ((at = text.IndexOfAny(special)) >= 0)
        {
            Write(text[..at]);
            Write(text[at] switch { '\n' => "\\n", '"' => "\\\"", _ => "\\\\" });
            text = text[(at + 1)..];
        }

        Write(text);
    }

    /// <summary>
    /// Unpaired surrogates become U+FFFD: the encoder replaces, so that the answer stays valid UTF-8.
    /// </summary>
    private void Write(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, output);
}
