using System.Collections.Immutable;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Store;

namespace Kedge.ControlPlane.Tests.Manifests;

public sealed class FiguresRowFormatTests
{
    private static readonly DeploymentId Web = new("web");

    [Fact]
    public void What_is_written_is_read_again()
    {
        ImmutableArray<FigureWindow> windows = Windows();
        string text = FiguresRowFormat.Write(windows);
        Assert.Equal(windows.ToArray(), FiguresRowFormat.Read(text, Web).ToArray());
        Assert.Equal(text, FiguresRowFormat.Write(FiguresRowFormat.Read(text, Web)));
        Assert.Empty(FiguresRowFormat.Read(FiguresRowFormat.Write([]), Web));
        Assert.Empty(FiguresRowFormat.Read(text, new DeploymentId("db")));
    }

    [Fact]
    public void The_longest_row_fits_the_store()
    {
        long[] counts = new long[LatencySketch.Buckets];
        Array.Fill(counts, FigureWindow.RequestsMax / LatencySketch.Buckets);
        FigureWindow longest = Window(1, 1) with
        {
            Instance = new InstanceId(new DeploymentId(new string('w', Ids.NameCharsMax)), 1L << 52),
            Requests = FigureWindow.RequestsMax,
            Latency = LatencySketch.Of(counts),
        };
        ImmutableArray<FigureWindow> windows =
            [.. Enumerable.Repeat(longest, (FigureLog.WindowsPerReleaseMax + 1) * FigureLog.ReleasesMax)];
        string text = FiguresRowFormat.Write(windows);
        Assert.InRange(text.Length, 1, StoreLimits.FiguresCharsMax);
        Assert.Equal(windows.Length, FiguresRowFormat.Read(text, longest.Instance.Workload).Length);
        Assert.Empty(FiguresRowFormat.Read(FiguresRowFormat.Write(windows.Add(longest)), longest.Instance.Workload));
    }

    [Fact]
    public void A_text_that_was_cut_or_damaged_is_empty_or_says_something_whole()
    {
        string text = FiguresRowFormat.Write(Windows());
        for (int length = 0; length < text.Length; length++)
        {
            Assert.Empty(FiguresRowFormat.Read(text[..length], Web));
        }

        Random random = new(11);
        for (int round = 0; round < 5000; round++)
        {
            char[] damaged = text.ToCharArray();
            damaged[random.Next(damaged.Length)] = (char)random.Next(1, 128);
            foreach (FigureWindow window in FiguresRowFormat.Read(new string(damaged), Web))
            {
                Assert.True(window.HeardMs >= 0 && window.Failures <= window.Requests);
                Assert.True(window.Latency.Total <= window.Requests && window.Instance.Workload == Web);
            }
        }
    }

    [Theory]
    [InlineData("\"requests\":100", "\"requests\":3")]
    [InlineData("\"requests\":100", "\"requests\":1e99")]
    [InlineData("\"requests\":100", "\"requests\":\"100\"")]
    [InlineData("\"requests\":100", "\"requests\":100,\"more\":1")]
    [InlineData("\"failures\":4", "\"failures\":101")]
    [InlineData("\"failures\":4", "\"failures\":-1")]
    [InlineData("\"heardMs\":1001", "\"heardMs\":-1")]
    [InlineData("\"heardMs\":1001", "\"heard\":1001")]
    [InlineData("\"heatReadings\":9", "\"heatReadings\":0")]
    [InlineData("\"heatLowMilliC\":71500", "\"heatLowMilliC\":71500000")]
    [InlineData("\"goldenAgreed\":39", "\"goldenAgreed\":41")]
    [InlineData("7:0,5,2,0", "7:0,5,2")]
    [InlineData("7:0,5,2,0", "")]
    [InlineData("\"goldenSamples\":40", "\"goldenSamples\":-1")]
    [InlineData("\"restarts\":2", "\"restarts\":99999999999")]
    [InlineData("\"instance\":\"web.1\"", "\"instance\":\"web\"")]
    [InlineData("\"instance\":\"web.1\"", "\"instance\":null")]
    [InlineData("[{", "[[{")]
    [InlineData("[{", "[null,{")]
    public void What_the_store_never_writes_is_empty(string written, string instead)
    {
        string text = FiguresRowFormat.Write(Windows());
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.Empty(FiguresRowFormat.Read(text.Replace(written, instead, StringComparison.Ordinal), Web));
    }

    private static ImmutableArray<FigureWindow> Windows() => [Window(1, 1), Window(1, 2), Window(2, 3)];

    private static FigureWindow Window(int release, int number)
    {
        long[] counts = new long[LatencySketch.Buckets];
        counts[100] = 90;
        counts[140] = 6;
        return new FigureWindow
        {
            Instance = new InstanceId(Web, number),
            Release = Digest.Of([(byte)release]),
            FromMs = 500 + number,
            HeardMs = 1000 + number,
            ForMs = 60_000,
            Requests = 100,
            Failures = 4,
            Latency = LatencySketch.Of(counts),
            Restarts = 2,
            Readings = 7,
            MemoryLowBytes = 12_345_678,
            HeatReadings = number == 2 ? 9 : 0,
            HeatLowMilliCelsius = number == 2 ? 71_500 : 0,
            GoldenSamples = number == 3 ? 40 : 0,
            GoldenAgreed = number == 3 ? 39 : 0,
            Values = ValueTally.Said(number == 3 ? "7:0,5,2,0" : ""),
        };
    }
}
