using System.Globalization;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Update;

/// <summary>From an accepted apply to the first right answer of the new version.</summary>
internal sealed class UpdateFigures(BenchFleet fleet, BenchReport report)
{
    private const string Deployment = "bearing-monitor";
    private const int Port = 8500;
    private const string FetchedBytes = "kedge_agent_fetched_bytes_total";

    // The same phases in every run; long enough to meet every period of a second or less at any point.
    private readonly Random _phase = new(1);
    private string _version = "v2";

    public async Task MeasureAsync(bool isQuick)
    {
        await MeasureOneAsync(samples: isQuick ? 4 : 12);
        await MeasureManyAsync(5, rounds: isQuick ? 1 : 3);
        await MeasureManyAsync(isQuick ? 10 : 50, rounds: isQuick ? 1 : 3);
        if (isQuick)
        {
            report.Note("quick: 4 updates instead of 12, 10 agents instead of 50, 1 round instead of 3");
        }
    }

    private async Task MeasureOneAsync(int samples)
    {
        LocalDevice device = fleet.Devices[0];
        double fetching = (await UpdateAsync(TimeSpan.Zero)).SinceAccepted;
        Say($"first version, content fetched: {fetching * 1000:0} ms");
        await UpdateAsync(TimeSpan.Zero);
        double before = await AgentSocket.MetricAsync(device, FetchedBytes, CancellationToken.None);
        List<(double SinceSent, double SinceAccepted)> found = [];
        for (int index = 0; index < samples; index++)
        {
            await SettledAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(_phase.Next(200, 1700)));
            found.Add(await UpdateAsync(TimeSpan.Zero));
            Say($"update {index + 1}: {found[^1].SinceAccepted * 1000:0} ms");
        }

        double after = await AgentSocket.MetricAsync(device, FetchedBytes, CancellationToken.None);
        double[] accepted = [.. found.Select(each => each.SinceAccepted * 1000)];
        report.Add("update.cached.apply_to_serving", "ms", Series.Median(accepted));
        report.Add("update.cached.apply_to_serving.max", "ms", accepted.Max());
        report.Add(
            "update.cached.request_to_serving", "ms", Series.Median([.. found.Select(each => each.SinceSent * 1000)]));
        report.Add("update.fetched.apply_to_serving", "ms", fetching * 1000);
        report.Note(string.Create(
            CultureInfo.InvariantCulture, $"content fetched during {samples} updates: {after - before:0} bytes"));
        report.Note(
            "update.cached: both versions had passed their golden samples on the device, and are not asked again; "
            + "update.fetched: fetched, verified and asked");
    }

    private async Task MeasureManyAsync(int agents, int rounds)
    {
        await fleet.GrowAsync(agents);
        List<double> found = [];

        // Both versions reach every device first: from then on nothing is fetched.
        await UpdateAsync(TimeSpan.FromMilliseconds(50));
        await UpdateAsync(TimeSpan.FromMilliseconds(50));
        for (int round = 0; round < rounds; round++)
        {
            await SettledAsync();
            found.Add((await UpdateAsync(TimeSpan.FromMilliseconds(50))).SinceAccepted);
            Say($"{agents} agents: {found[^1]:0.00} s");
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"update.agents{agents}.all_serving");
        report.Add(name, "s", Series.Median(found));
    }

    /// <summary>Applies the other version; seconds until the last device answered with it.</summary>
    private async Task<(double SinceSent, double SinceAccepted)> UpdateAsync(TimeSpan pause)
    {
        _version = _version == "v1" ? "v2" : "v1";
        long sent = TimeProvider.System.GetTimestamp();
        string revision = await fleet.Models.ApplyAsync(Deployment, _version, Port);
        long accepted = TimeProvider.System.GetTimestamp();
        long[] answered = await Task.WhenAll(
            fleet.Devices.Select(device => fleet.Models.AnsweredAsync(device, Port, revision, pause)));
        return (Seconds(sent, answered.Max()), Seconds(accepted, answered.Max()));
    }

    private Task SettledAsync() => Until.TrueAsync(
        async () => (await fleet.Fleet.Client.ListDevicesAsync("", CancellationToken.None)).Items.All(d => d.Settled),
        TimeSpan.FromSeconds(120),
        fleet.Fleet.DescribeAsync);

    private static double Seconds(long from, long to) => TimeProvider.System.GetElapsedTime(from, to).TotalSeconds;

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
