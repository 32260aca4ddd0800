using Kedge.Core.Measure;

namespace Kedge.Agent.Metrics;

/// <summary>
/// The agent's metrics. Those of its model servers are passed on beside them, with the label <c>workload</c>.
/// </summary>
public static class Instruments
{
    /// <summary>Version.</summary>
    public static readonly MetricDescription Version = MetricDescription.Gauge(
        "kedge_agent_build", "constant", "Always 1; the label tells the version of the agent.", "version");

    /// <summary>Link.</summary>
    public static readonly MetricDescription LinkUp = MetricDescription.Gauge(
        "kedge_agent_link_up", "boolean", "1 while the device link is up.");

    /// <summary>Connections.</summary>
    public static readonly MetricDescription LinkConnections = MetricDescription.Counter(
        "kedge_agent_link_connections_total", "connections", "Device links made since the agent started.");

    /// <summary>Spool length.</summary>
    public static readonly MetricDescription SpoolMessages = MetricDescription.Gauge(
        "kedge_agent_spool_messages", "messages", "Messages that wait for the server.");

    /// <summary>Spool size.</summary>
    public static readonly MetricDescription SpoolBytes = MetricDescription.Gauge(
        "kedge_agent_spool_bytes", "bytes", "Bytes of the spool on disk.");

    /// <summary>Dropped messages.</summary>
    public static readonly MetricDescription SpoolDropped = MetricDescription.Counter(
        "kedge_agent_spool_dropped_total", "messages", "Messages dropped because there was no room.");

    /// <summary>Fetched bytes.</summary>
    public static readonly MetricDescription FetchedBytes = MetricDescription.Counter(
        "kedge_agent_fetched_bytes_total", "bytes", "Bytes of content fetched since the agent started.");

    /// <summary>Generation.</summary>
    public static readonly MetricDescription Generation = MetricDescription.Gauge(
        "kedge_agent_generation", "generation", "Newest generation of the desired state that was accepted.");

    /// <summary>Clock.</summary>
    public static readonly MetricDescription ClockWrong = MetricDescription.Gauge(
        "kedge_agent_clock_wrong", "boolean", "1 while the device's clock cannot be right.");

    /// <summary>Serving.</summary>
    public static readonly MetricDescription WorkloadServing = MetricDescription.Gauge(
        "kedge_agent_workload_serving", "boolean", "1 while an instance of the workload serves.", "workload");

    /// <summary>Settled.</summary>
    public static readonly MetricDescription WorkloadSettled = MetricDescription.Gauge(
        "kedge_agent_workload_settled",
        "boolean", "1 while the workload serves the release that is asked for.", "workload");
}
