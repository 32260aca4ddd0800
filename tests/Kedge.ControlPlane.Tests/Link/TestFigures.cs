using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Measure;

namespace Kedge.ControlPlane.Tests.Link;

/// <summary>Figures as a device tells them.</summary>
internal static class TestFigures
{
    /// <summary>A window in which requests took so long, and some failed.</summary>
    public static FigureWindow Window(
        InstanceId instance, Digest release, long requests, double milliseconds = 10, long failures = 0)
    {
        long[] counts = new long[LatencySketch.Buckets];
        counts[LatencySketch.BucketOf(milliseconds * 1000)] = requests - failures;
        return new FigureWindow
        {
            Instance = instance,
            Release = release,
            FromMs = 1_700_000_000_000 + (instance.Number * 1000),
            ForMs = requests,
            Requests = requests,
            Failures = failures,
            Latency = LatencySketch.Of(counts),
            Readings = 1,
            MemoryLowBytes = 1 << 20,
        };
    }
}
