using System.Buffers;
using System.Text;
using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class PrometheusTextTests
{
    private static readonly MetricDescription Events = MetricDescription.Counter(
        "kedge_test_events_total", "events", "Events seen.", "kind", "device");

    private static readonly MetricDescription Latency = MetricDescription.Histogram(
        "kedge_test_latency_seconds", "seconds", "Time to answer.", [0.005, 0.1, 2], "model");

    [Fact]
    public void A_counter_has_help_type_and_labelled_samples()
    {
        string text = Written(writer =>
        {
            writer.Begin(Events);
            writer.Sample(3, "up", "press-1");
            writer.Sample(12345678901, "down", "press-2");
        });

        Assert.Equal(
            """
            # HELP kedge_test_events_total Events seen.
            # TYPE kedge_test_events_total counter
            kedge_test_events_total{kind="up",device="press-1"} 3
            kedge_test_events_total{kind="down",device="press-2"} 12345678901

            """,
            text);
    }

    [Fact]
    public void A_histogram_cumulates_its_buckets_and_ends_with_infinity_sum_and_count()
    {
        string text = Written(writer =>
        {
            writer.Begin(Latency);
            writer.Histogram([1, 2, 0, 4], 9.25, "bearing");
        });

        Assert.Equal(
            """
            # HELP kedge_test_latency_seconds Time to answer.
            # TYPE kedge_test_latency_seconds histogram
            kedge_test_latency_seconds_bucket{model="bearing",le="0.005"} 1
            kedge_test_latency_seconds_bucket{model="bearing",le="0.1"} 3
            kedge_test_latency_seconds_bucket{model="bearing",le="2"} 3
            kedge_test_latency_seconds_bucket{model="bearing",le="+Inf"} 7
            kedge_test_latency_seconds_sum{model="bearing"} 9.25
            kedge_test_latency_seconds_count{model="bearing"} 7

            """,
            text);
    }

    [Fact]
    public void A_metric_without_labels_has_no_braces()
    {
        MetricDescription gauge = MetricDescription.Gauge("kedge_test_up", "", "One when up.");
        string text = Written(writer =>
        {
            writer.Begin(gauge);
            writer.Sample(1);
        });

        Assert.EndsWith("\nkedge_test_up 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Backslash_line_feed_and_quote_are_escaped_in_a_label_value()
    {
        string text = Written(writer =>
        {
            writer.Begin(Events);
            writer.Sample(1, "a\\b\nc\"d", "é");
        });

        Assert.Contains("""{kind="a\\b\nc\"d",device="é"} 1""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_help_text_keeps_its_quotes_and_escapes_its_line_feeds()
    {
        MetricDescription gauge = MetricDescription.Gauge("kedge_test_up", "", "Says \"up\" \\ \n down.");
        string text = Written(writer => writer.Begin(gauge));

        Assert.StartsWith("# HELP kedge_test_up Says \"up\" \\\\ \\n down.\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(0.1, "0.1")]
    [InlineData(-5e-324, "-5E-324")]
    public void Numbers_are_written_so_that_they_read_back_as_they_were(double value, string expected)
    {
        MetricDescription gauge = MetricDescription.Gauge("kedge_test_value", "", "A value.");
        string text = Written(writer =>
        {
            writer.Begin(gauge);
            writer.Sample(value);
        });

        Assert.EndsWith($"\nkedge_test_value {expected}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_metric_begun_twice_is_a_bug() => Assert.Throws<InvariantException>(() => Written(writer =>
    {
        writer.Begin(Events);
        writer.Begin(Latency);
        writer.Begin(Events);
    }));

    [Fact]
    public void A_sample_with_too_few_label_values_is_a_bug() =>
        Assert.Throws<InvariantException>(() => Written(writer =>
        {
            writer.Begin(Events);
            writer.Sample(1, "up");
        }));

    [Fact]
    public void A_histogram_is_not_written_as_a_plain_sample() =>
        Assert.Throws<InvariantException>(() => Written(writer =>
        {
            writer.Begin(Latency);
            writer.Sample(1, "bearing");
        }));

    [Theory]
    [InlineData("")]
    [InlineData("7up")]
    [InlineData("kedge-up")]
    [InlineData("kedge up")]
    public void A_bad_metric_name_is_a_bug(string name) =>
        Assert.Throws<InvariantException>(() => MetricDescription.Gauge(name, "", "Help."));

    [Theory]
    [InlineData("le")]
    [InlineData("quantile")]
    [InlineData("__name__")]
    [InlineData("a:b")]
    [InlineData("")]
    public void A_reserved_or_bad_label_name_is_a_bug(string label) =>
        Assert.Throws<InvariantException>(() => MetricDescription.Gauge("kedge_up", "", "Help.", label));

    [Fact]
    public void Buckets_that_do_not_ascend_are_a_bug() =>
        Assert.Throws<InvariantException>(() => MetricDescription.Histogram("kedge_x", "seconds", "Help.", [1.0, 1.0]));

    [Fact]
    public void Descriptions_are_equal_by_content()
    {
        MetricDescription one = MetricDescription.Histogram("kedge_x", "seconds", "Help.", [1.0, 2.0], "model");
        MetricDescription same = MetricDescription.Histogram("kedge_x", "seconds", "Help.", [1.0, 2.0], "model");
        MetricDescription other = MetricDescription.Histogram("kedge_x", "seconds", "Help.", [1.0, 3.0], "model");

        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
    }

    private static string Written(Action<PrometheusText> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new PrometheusText(output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
