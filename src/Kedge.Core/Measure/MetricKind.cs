namespace Kedge.Core.Measure;

/// <summary>How the values of a metric move, in Prometheus' words.</summary>
public enum MetricKind
{
    /// <summary>Never valid; caught when a metric is described.</summary>
    Unknown = 0,

    /// <summary>Only grows while the process lives.</summary>
    Counter = 1,

    /// <summary>Goes up and down.</summary>
    Gauge = 2,

    /// <summary>Counts per bucket, their count and their sum.</summary>
    Histogram = 3,
}
