using System.Globalization;
using System.Text.RegularExpressions;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Agent;

/// <summary>
/// Counts what one process sends and receives over TCP, from the kernel's own counters of each of its connections.
/// A connection that begins and ends between two looks, a second apart, is missed.
/// </summary>
internal sealed partial class TrafficCount(int pid)
{
    // IPv4 without options, and TCP with time stamps: what a segment weighs before its first byte of content.
    private const int HeaderBytes = 20 + 32;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, Counters> _first = [];
    private readonly Dictionary<string, Counters> _last = [];

    public int Connections => _last.Count;

    public long Segments => Sum(c => c.SegmentsOut + c.SegmentsIn);

    public long BytesSent => Sum(c => c.BytesOut);

    public long BytesReceived => Sum(c => c.BytesIn);

    public long WireSent => BytesSent + (Sum(c => c.SegmentsOut) * HeaderBytes);

    public long WireReceived => BytesReceived + (Sum(c => c.SegmentsIn) * HeaderBytes);

    /// <summary>Counts for so long; returns the seconds that it really took.</summary>
    public async Task<double> CountAsync(TimeSpan window)
    {
        await LookAsync(isStart: true);
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < window)
        {
            await Task.Delay(Period);
            await LookAsync(isStart: false);
        }

        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private async Task LookAsync(bool isStart)
    {
        CommandResult found = (await CommandResult.RunAsync("ss", ["-tinpOH"])).MustSucceed();
        string owner = string.Create(CultureInfo.InvariantCulture, $"pid={pid},");
        foreach (string line in found.Output.Split('\n').Where(line => line.Contains(owner, StringComparison.Ordinal)))
        {
            // State, two queues, local and peer address.
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string connection = $"{words[3]} {words[4]}";
            Counters now = new(
                Field(line, "bytes_sent"),
                Field(line, "bytes_received"),
                Field(line, "segs_out"),
                Field(line, "segs_in"));
            _last[connection] = now;
            _first.TryAdd(connection, isStart ? now : new Counters(0, 0, 0, 0));
        }
    }

    private long Sum(Func<Counters, long> field) => _last.Sum(pair => field(pair.Value) - field(_first[pair.Key]));

    private static long Field(string line, string name) =>
        FieldPattern().Matches(line).FirstOrDefault(match => match.Groups[1].Value == name) is { } found
            ? long.Parse(found.Groups[2].ValueSpan, CultureInfo.InvariantCulture)
            : 0;

    [GeneratedRegex(" ([a-z_]+):([0-9]+)\\b")]
    private static partial Regex FieldPattern();

    private sealed record Counters(long BytesOut, long BytesIn, long SegmentsOut, long SegmentsIn);
}
