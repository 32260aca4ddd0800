using Kedge.Core.Measure;

namespace Kedge.ControlPlane;

/// <summary>Every metric of the control plane.</summary>
public static class Instruments
{
    /// <summary>Calls.</summary>
    public static readonly MetricDescription Calls = MetricDescription.Counter(
        "kedge_server_calls_total", "calls", "Calls answered, by method, route and status class.",
        "method", "route", "status");

    /// <summary>Time of calls.</summary>
    public static readonly MetricDescription CallSeconds = MetricDescription.Histogram(
        "kedge_server_call_seconds", "seconds", "Time to answer a call, watches excluded.",
        [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]);

    /// <summary>Connected devices.</summary>
    public static readonly MetricDescription Connected = MetricDescription.Gauge(
        "kedge_server_connected_devices", "devices", "Devices whose link to this server is open.");

    /// <summary>Devices.</summary>
    public static readonly MetricDescription Devices = MetricDescription.Gauge(
        "kedge_server_devices", "devices", "Devices of the fleet, by state.", "state");

    /// <summary>Revision.</summary>
    public static readonly MetricDescription Revision = MetricDescription.Gauge(
        "kedge_server_store_revision", "revision", "Revision of the store; grows with every change.");

    /// <summary>Content.</summary>
    public static readonly MetricDescription ContentBytes = MetricDescription.Counter(
        "kedge_server_content_bytes_total", "bytes",
        "Content sent to devices, as it went over the line, by kind: chunk, delta or package.", "kind");

    /// <summary>Content of sites.</summary>
    public static readonly MetricDescription SiteBytes = MetricDescription.Counter(
        "kedge_server_site_content_bytes_total", "bytes",
        "Content sent to the devices of a site that has a manifest of kind Site.", "site");

    /// <summary>Waiting of sites.</summary>
    public static readonly MetricDescription SiteWaitSeconds = MetricDescription.Counter(
        "kedge_server_site_wait_seconds_total", "seconds",
        "How long content for the devices of a site waited for its turn, all together.", "site");

    /// <summary>Damaged chunks.</summary>
    public static readonly MetricDescription ChunksDamaged = MetricDescription.Counter(
        "kedge_server_chunks_damaged_total", "chunks",
        "Chunks whose bytes had changed on the server's disk; their files were set aside.");

    /// <summary>Deltas.</summary>
    public static readonly MetricDescription Deltas = MetricDescription.Counter(
        "kedge_server_deltas_total", "deltas",
        "Differences that were tried, by outcome: computed, useless (not smaller than chunks) or failed.", "outcome");

    /// <summary>Bytes of deltas.</summary>
    public static readonly MetricDescription DeltaBytes = MetricDescription.Counter(
        "kedge_server_delta_computed_bytes_total", "bytes", "Length of the differences that were computed.");

    /// <summary>Time of deltas.</summary>
    public static readonly MetricDescription DeltaSeconds = MetricDescription.Counter(
        "kedge_server_delta_seconds_total", "seconds", "Time spent on differences, whatever their outcome.");

    /// <summary>Cache of deltas.</summary>
    public static readonly MetricDescription DeltaCacheBytes = MetricDescription.Gauge(
        "kedge_server_delta_cache_bytes", "bytes", "Differences that are kept on the server's disk.");

    /// <summary>Certificate.</summary>
    public static readonly MetricDescription CertificateSeconds = MetricDescription.Gauge(
        "kedge_server_certificate_remaining_seconds", "seconds", "Time until the server's certificate ends.");
}
