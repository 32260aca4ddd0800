using System.Collections.Immutable;
using Kedge.Core.Measure;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Metrics;

/// <summary>
/// The agent's metrics, one row each: what it is, and how it is read. Those of its model servers are passed on beside
/// them, with the label <c>workload</c>.
/// </summary>
public static class Instruments
{
    private static readonly ImmutableArray<Row> Table =
    [
        One(Gauge("kedge_agent_link_up", "boolean", "1 while the device link is up."), s => s.IsLinkUp ? 1 : 0),
        One(Counter(
            "kedge_agent_link_connections_total", "connections", "Device links made since the agent started."),
            s => s.LinkConnections),
        One(Gauge("kedge_agent_spool_messages", "messages", "Messages that wait for the server."),
            s => s.SpoolMessages),
        One(Gauge("kedge_agent_spool_bytes", "bytes", "Bytes of the spool on disk."), s => s.SpoolBytes),
        One(Counter("kedge_agent_spool_dropped_total", "messages", "Messages dropped because there was no room."),
            s => s.SpoolDropped),
        One(Counter("kedge_agent_fetched_bytes_total", "bytes", "Bytes of content fetched since the agent started."),
            s => s.FetchedBytes),
        new(Counter(
            "kedge_agent_content_bytes_total", "bytes",
            "Bytes of content since the agent started, by the way that they came.", "way"),
            s => s.FetchedByWay.Select(static w => new Sample(w.Bytes, [w.Way]))),
        OfSite(Gauge(
            "kedge_agent_neighbours", "devices", "Other devices of the site that this one knows."),
            n => n.Known),
        OfSite(Counter(
            "kedge_agent_neighbours_taken_bytes_total", "bytes", "Bytes of content that came from other devices."),
            n => n.TakenBytes),
        OfSite(Counter(
            "kedge_agent_neighbours_given_bytes_total", "bytes", "Bytes of content that other devices took."),
            n => n.GivenBytes),
        OfSite(Counter(
            "kedge_agent_neighbours_left_out_total", "devices",
            "How often another device was left out for an hour, for wrong bytes, wrong answers or slowness."),
            n => n.LeftOut),
        One(Gauge(
            "kedge_agent_generation", "generation", "Newest generation of the desired state that was accepted."),
            s => s.Status.Generation),
        One(Gauge("kedge_agent_clock_wrong", "boolean", "1 while the device's clock cannot be right."),
            s => s.IsClockWrong ? 1 : 0),
        Each(Gauge(
            "kedge_agent_workload_serving", "boolean", "1 while an instance of the workload serves.", "workload"),
            w => w.Instance.Length > 0),
        Each(Gauge(
            "kedge_agent_workload_settled", "boolean",
            "1 while the workload serves the release that is asked for.", "workload"),
            w => w.TargetRelease.Length > 0 && w.ServingRelease == w.TargetRelease),
        new(Gauge(
            "kedge_agent_build", "constant", "Always 1; the label tells the version of the agent.", "version"),
            s => [new Sample(1, [s.Status.AgentVersion])]),
    ];

    /// <summary>Every metric of the agent.</summary>
    public static readonly ImmutableArray<MetricDescription> All = [.. Table.Select(static row => row.Metric)];

    /// <summary>Writes every metric.</summary>
    /// <param name="text">Where it goes.</param>
    /// <param name="now">What the agent says of itself.</param>
    public static void Write(PrometheusText text, AgentSnapshot now)
    {
        foreach (Row row in Table)
        {
            text.Begin(row.Metric);
            foreach (Sample sample in row.Read(now))
            {
                text.Sample(sample.Value, sample.Labels);
            }
        }
    }

    private static MetricDescription Gauge(string name, string unit, string help, params string[] labels) =>
        MetricDescription.Gauge(name, unit, help, labels);

    private static MetricDescription Counter(string name, string unit, string help, params string[] labels) =>
        MetricDescription.Counter(name, unit, help, labels);

    private static Row One(MetricDescription metric, Func<AgentSnapshot, double> read) =>
        new(metric, s => [new Sample(read(s), [])]);

    private static Row OfSite(MetricDescription metric, Func<NeighbourFigures, double> read) =>
        new(metric, s => s.Neighbours is { } now ? [new Sample(read(now), [])] : []);

    private static Row Each(MetricDescription metric, Func<WorkloadStatus, bool> holds) =>
        new(metric, s => s.Status.Workloads.Select(w => new Sample(holds(w) ? 1 : 0, [w.Name])));

    /// <summary>A metric and its samples, each with the values of its labels.</summary>
    private sealed record Row(MetricDescription Metric, Func<AgentSnapshot, IEnumerable<Sample>> Read);

    /// <summary>One value. A class: sequences of it share their code with others, those of a struct do not.</summary>
    private sealed class Sample(double value, string[] labels)
    {
        internal double Value => value;

        internal string[] Labels => labels;
    }
}
