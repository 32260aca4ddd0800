using System.Text;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Core.Tests.Wire;

public sealed class FiguresFormatTests
{
    private const string Window =
        """{"instance":"bearing.3","release":"$D","fromMs":1,"forMs":2,"requests":9,"failures":1,"latency":"140:5,"""
        + """141:3","restarts":1,"readings":6,"memoryLowBytes":1048576}""";

    private static readonly DeploymentId Bearing = new("bearing");

    [Fact]
    public void Figures_read_as_they_were_written()
    {
        FigureWindow[] told =
        [
            Of(3, 1_767_225_600_000), Warm(Of(3, 1_767_225_600_001)),
            Of(4, 1_767_225_900_000), Of(5, 0) with { Latency = LatencySketch.Empty },
        ];
        byte[] bytes = FiguresFormat.Write(Bearing, told);

        (DeploymentId workload, var windows) = FiguresFormat.TryRead(bytes, out Finding? finding)!.Value;

        Assert.Null(finding);
        Assert.Equal(Bearing, workload);
        Assert.Equal(told, windows);
        Assert.DoesNotContain((byte)'\n', bytes);
    }

    [Fact]
    public void The_form_is_fixed()
    {
        string window = Window.Replace("$D", Release, StringComparison.Ordinal);
        string expected = """{"v":1,"workload":"bearing","windows":[""" + window + "]}";
        Assert.Equal(expected, Encoding.UTF8.GetString(FiguresFormat.Write(Bearing, [Of(3, 1)])));
        string newer = expected.Replace("\"fromMs\"", "\"new\":{},\"fromMs\"", StringComparison.Ordinal);
        Assert.NotNull(FiguresFormat.TryRead(Encoding.UTF8.GetBytes(newer), out _));
        Assert.Contains(
            "\"memoryLowBytes\":1048576,\"heatReadings\":5,\"heatLowMilliC\":-4500,\"goldenSamples\":100,"
            + "\"goldenAgreed\":98,\"values\":\"40:0,12,13,15,0,0;40:1,2,3,4\"}",
            Encoding.UTF8.GetString(FiguresFormat.Write(Bearing, [Warm(Of(3, 1))])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_message_fits()
    {
        long[] counts =
            [.. Enumerable.Repeat(FigureWindow.RequestsMax / LatencySketch.Buckets, LatencySketch.Buckets)];
        FigureWindow large = Of(long.MaxValue, 1L << 53) with
        {
            Instance = new InstanceId(new DeploymentId(new string('a', Ids.NameCharsMax)), long.MaxValue),
            ForMs = FiguresFormat.ForMsMax,
            Requests = FigureWindow.RequestsMax,
            Latency = LatencySketch.Of(counts),
            Restarts = FiguresFormat.CountMax,
            Readings = FiguresFormat.CountMax,
            MemoryLowBytes = FiguresFormat.MemoryBytesMax,
            HeatReadings = FiguresFormat.CountMax,
            HeatLowMilliCelsius = -FiguresFormat.MilliCelsiusMax,
            GoldenSamples = FiguresFormat.CountMax,
            GoldenAgreed = FiguresFormat.CountMax,
            Values = ValueTally.Said(new string('1', ValueTally.CharsMax)),
        };
        byte[] bytes = FiguresFormat.Write(
            large.Instance.Workload, [.. Enumerable.Repeat(large, FiguresFormat.WindowsMax)]);
        Assert.True(bytes.Length <= Limits.UpMessageBytesMax);
        Assert.All(
            FiguresFormat.TryRead(bytes, out _)!.Value.Windows, static w => Assert.Equal("", w.Values.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"v":1}""")]
    [InlineData("""{"v":2,"workload":"bearing","windows":[$W]}""")]
    [InlineData("""{"v":1,"workload":"bearing","windows":[]}""")]
    [InlineData("""{"v":1,"workload":"bearing","windows":{}}""")]
    [InlineData("""{"v":1,"workload":"bearing","windows":[null]}""")]
    [InlineData("""{"v":1,"workload":"bearing","windows":[$W,$W,$W,$W,$W]}""")]
    [InlineData("""{"v":1,"workload":"other","windows":[$W]}""")]
    [InlineData("""{"v":1,"workload":"../etc","windows":[$W]}""")]
    [InlineData("""{"v":1,"workload":"bearing","windows":[$W]} {}""")]
    public void A_message_of_another_form_is_malformed(string message) =>
        IsMalformed(message.Replace("$W", Window, StringComparison.Ordinal));

    [Theory]
    [InlineData("\"fromMs\":1", "\"fromMs\":-1")]
    [InlineData("\"fromMs\":1", "\"fromMs\":99007199254740993")]
    [InlineData("\"fromMs\":1", "\"fromMs\":1.5")]
    [InlineData("\"fromMs\":1", "\"fromMs\":\"1\"")]
    [InlineData("\"forMs\":2", "\"forMs\":9007199254740993")]
    [InlineData("\"requests\":9", "\"requests\":281474976710657")]
    [InlineData("\"requests\":9", "\"requests\":7")]
    [InlineData("\"requests\":9,", "")]
    [InlineData("\"failures\":1", "\"failures\":10")]
    [InlineData("\"failures\":1", "\"failures\":-1")]
    [InlineData("\"latency\":\"140:5,141:3\"", "\"latency\":\"141:3,140:5\"")]
    [InlineData("\"latency\":\"140:5,141:3\"", "\"latency\":\"9999:1\"")]
    [InlineData("\"latency\":\"140:5,141:3\"", "\"latency\":null")]
    [InlineData("\"latency\":\"140:5,141:3\"", "\"latency\":7")]
    [InlineData("\"restarts\":1", "\"restarts\":1000000001")]
    [InlineData("\"readings\":6", "\"readings\":-6")]
    [InlineData("\"memoryLowBytes\":1048576", "\"memoryLowBytes\":1125899906842625")]
    [InlineData("bearing.3", "bearing")]
    [InlineData("bearing.3", "bearing.0")]
    [InlineData("sha256:", "sha1:")]
    public void A_window_out_of_its_range_is_malformed(string good, string bad)
    {
        Assert.Contains(good, Window.Replace("$D", Release, StringComparison.Ordinal), StringComparison.Ordinal);
        IsMalformed("""{"v":1,"workload":"bearing","windows":[$W]}"""
            .Replace("$W", Window, StringComparison.Ordinal)
            .Replace("$D", Release, StringComparison.Ordinal)
            .Replace(good, bad, StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_beyond_the_bound_is_not_read()
    {
        Assert.Null(FiguresFormat.TryRead(new byte[Limits.UpMessageBytesMax + 1], out Finding? finding));
        Assert.Equal(WireErrors.Malformed.Code, finding!.Code);
    }

    private static string Release => Digest.Of("release"u8).ToString();

    private static FigureWindow Warm(FigureWindow window) => window with
    {
        HeatReadings = 5,
        HeatLowMilliCelsius = -4_500,
        GoldenSamples = 100,
        GoldenAgreed = 98,
        Values = ValueTally.Said("40:0,12,13,15,0,0;40:1,2,3,4"),
    };

    private static FigureWindow Of(long instance, long fromMs)
    {
        long[] counts = new long[142];
        (counts[140], counts[141]) = (5, 3);
        return new FigureWindow
        {
            Instance = new InstanceId(Bearing, instance),
            Release = Digest.Of("release"u8),
            FromMs = fromMs,
            ForMs = 2,
            Requests = 9,
            Failures = 1,
            Latency = LatencySketch.Of(counts),
            Restarts = 1,
            Readings = 6,
            MemoryLowBytes = 1048576,
        };
    }

    private static void IsMalformed(string message)
    {
        Assert.Null(FiguresFormat.TryRead(
            Encoding.UTF8.GetBytes(message.Replace("$D", Release, StringComparison.Ordinal)), out Finding? finding));
        Assert.Equal(WireErrors.Malformed.Code, finding!.Code);
    }
}
