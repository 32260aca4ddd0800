using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using Kedge.Core.Measure;

namespace Kedge.Repository.Tests.Documents;

public sealed class MetricPageTests
{
    private static IReadOnlyList<(FieldInfo Field, MetricDescription Value)> Metrics() =>
    [
        .. Assemblies.FieldsOf<MetricDescription>(),
        .. Assemblies.FieldsOf<ImmutableArray<MetricDescription>>()
            .SelectMany(table => table.Value.Select(metric => (table.Field, metric))),
    ];

    [Fact]
    public void Metrics_are_readonly_fields_of_a_class_named_Instruments() => Assert.All(Metrics(), metric =>
    {
        Assert.True(metric.Field.IsInitOnly, metric.Value.Name);
        Assert.Equal("Instruments", metric.Field.DeclaringType?.Name);
    });

    [Fact]
    public void One_name_means_one_thing_in_every_program() => Assert.All(
        Metrics().GroupBy(metric => metric.Value.Name, StringComparer.Ordinal),
        group => Assert.Single(group.Select(metric => metric.Value).Distinct()));

    /// <summary>
    /// Names that start otherwise are those of other servers, kept so that their dashboards work here.
    /// </summary>
    [Fact]
    public void Names_of_our_own_end_in_their_unit_and_counters_in_total() =>
        Assert.All(Metrics().Select(metric => metric.Value).Where(metric => Own(metric.Name)), metric =>
        {
            bool isCounter = metric.Kind == MetricKind.Counter;
            Assert.Equal(isCounter, metric.Name.EndsWith("_total", StringComparison.Ordinal));
            if (metric.Unit is "seconds" or "bytes")
            {
                Assert.EndsWith($"_{metric.Unit}{(isCounter ? "_total" : "")}", metric.Name, StringComparison.Ordinal);
            }
        });

    [Fact]
    public void Every_help_is_a_sentence() =>
        Assert.All(Metrics(), metric => Assert.EndsWith(".", metric.Value.Help, StringComparison.Ordinal));

    [Fact]
    public void The_page_of_metrics_is_in_step_with_the_code() => GeneratedPage.MustEqual("docs/metrics.md", Page());

    private static bool Own(string name) => name.StartsWith("kedge_", StringComparison.Ordinal);

    private static string Page()
    {
        var page = new StringBuilder(
            """
            # Metrics

            What each program answers on `/metrics`, in Prometheus' text format. This page is written by `./dev golden`
            from the fields of each project's `Instruments` and held in step by a test.

            """);
        foreach (var program in Metrics()
            .GroupBy(metric => metric.Field.Module.Assembly.GetName().Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.Append($"\n## {program.Key}\n\n| name | kind | unit | labels | meaning |\n|---|---|---|---|---|\n");
            foreach (MetricDescription metric in program.Select(metric => metric.Value)
                .OrderBy(metric => metric.Name, StringComparer.Ordinal))
            {
                string labels = string.Join(", ", metric.Labels.Select(label => $"`{label}`"));
                page.Append(
                    $"| `{metric.Name}` | {metric.Kind.ToString().ToLowerInvariant()} | {metric.Unit} | {labels} ")
                    .Append($"| {GeneratedPage.Cell(metric.Help)}{Buckets(metric)} |\n");
            }
        }

        return page.ToString();
    }

    private static string Buckets(MetricDescription metric)
    {
        IEnumerable<string> bounds = metric.Buckets.Select(bound => bound.ToString(CultureInfo.InvariantCulture));
        return metric.Kind == MetricKind.Histogram ? $" Buckets: {string.Join(", ", bounds)}." : "";
    }
}
