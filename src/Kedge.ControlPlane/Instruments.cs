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

    /// <summary>Certificate.</summary>
    public static readonly MetricDescription CertificateSeconds = MetricDescription.Gauge(
        "kedge_server_certificate_remaining_seconds", "seconds", "Time until the server's certificate ends.");
}
