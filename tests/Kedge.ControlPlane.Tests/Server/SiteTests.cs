using System.Net.Http.Headers;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Core.Sites;
using static Kedge.ControlPlane.Tests.Server.ContentStage;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>Sites over TLS: content is paced, and the limit can be changed while it goes.</summary>
public sealed class SiteTests
{
    private const string InLyon =
        "apiVersion: kedge.dev/v1\nkind: Device\nmetadata: {name: press-1, labels: {line: press, site: lyon}}\n";

    [Fact]
    public async Task What_goes_to_a_site_is_paced_and_counted()
    {
        await using ContentStage stage = await MakeAsync(Noise(300_000));
        await ApplyAsync(stage, InLyon, "---\n", Site("{limit: 256Ki, perDevice: 256Ki}"));
        await UntilPacedAsync(stage, 256 * Limits.KiB);
        byte[] largest = stage.Package.Chunks.MaxBy(static c => c.Length)!;
        long start = TimeProvider.System.GetTimestamp();
        using HttpResponseMessage response = await stage.GetAsync($"/v1/chunks/{Digest.Of(largest)}");
        Assert.Equal(largest, await stage.BytesAsync(response));
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        double least = (double)(largest.Length - (2 * PaceRates.PieceBytesMin)) / (256 * Limits.KiB);
        Assert.True(least > 0.1, $"the largest chunk has {largest.Length} bytes");
        Assert.True(seconds >= least, $"{largest.Length} bytes came in {seconds} s");

        SiteResource site = await stage.Server.Client.GetSiteAsync("lyon", stage.Server.Ct);
        Assert.Equal((1, 0, (long)largest.Length), (site.Devices, site.Sending, site.SentBytes));
        Assert.True(site.WaitedSeconds > 0);
        string metrics = await MetricsAsync(stage.Server);
        Assert.Contains(
            $"kedge_server_site_content_bytes_total{{site=\"lyon\"}} {largest.Length}\n", metrics,
            StringComparison.Ordinal);
        Assert.Contains("kedge_server_site_wait_seconds_total{site=\"lyon\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_is_changed_lets_an_answer_go_on_at_once()
    {
        await using ContentStage stage = await MakeAsync(Noise(300_000));
        await ApplyAsync(stage, InLyon, "---\n", Site("{limit: 16Ki}"));
        await UntilPacedAsync(stage, 16 * Limits.KiB);
        byte[] largest = stage.Package.Chunks.MaxBy(static c => c.Length)!;
        long start = TimeProvider.System.GetTimestamp();
        Task<HttpResponseMessage> answer = stage.GetAsync($"/v1/chunks/{Digest.Of(largest)}");
        await stage.Server.UntilAsync(
            () => stage.Server.Client.GetSiteAsync("lyon", stage.Server.Ct), static s => s.SentBytes > 0);
        await stage.Server.Client.DeleteAsync("sites", "lyon", stage.Server.Ct);
        using HttpResponseMessage response = await answer;
        Assert.Equal(largest, await stage.BytesAsync(response));
        double paced = (double)(largest.Length - PaceRates.PieceBytesMin) / (16 * Limits.KiB);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, paced);
        KedgeApiException gone = await Assert.ThrowsAsync<KedgeApiException>(
            () => stage.Server.Client.GetSiteAsync("lyon", stage.Server.Ct));
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task A_device_with_more_answers_than_its_line_carries_is_told_to_come_again()
    {
        await using ContentStage stage = await MakeAsync(Noise(300_000));
        await ApplyAsync(stage, InLyon, "---\n", Site("{limit: 16Ki}"));
        await UntilPacedAsync(stage, 16 * Limits.KiB);
        string path = $"/v1/chunks/{Digest.Of(stage.Package.Chunks.MaxBy(static c => c.Length)!)}";
        using CancellationTokenSource hangUp = CancellationTokenSource.CreateLinkedTokenSource(stage.Server.Ct);
        List<Task<HttpResponseMessage>> open =
        [
            .. Enumerable.Range(0, ServerLimits.PaceAnswersMax + 1).Select(_ => stage.Http.GetAsync(
                path, HttpCompletionOption.ResponseHeadersRead, hangUp.Token)),
        ];
        HttpResponseMessage first;
        do
        {
            Task<HttpResponseMessage> answered = await Task.WhenAny(open);
            open.Remove(answered);
            first = await answered;
        }
        while (first.IsSuccessStatusCode);

        Assert.Equal((503, "KEDGE-API-033"), await stage.RefusalAsync(first));
        Assert.Equal(ServerLimits.PaceRetry, first.Headers.RetryAfter?.Delta);
        await hangUp.CancelAsync();
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_slow_line()
    {
        await using ContentStage stage = await MakeAsync(Noise(300_000));
        await ApplyAsync(stage, InLyon, "---\n", Site("{limit: 16Ki}"));
        await UntilPacedAsync(stage, 16 * Limits.KiB);
        string path = $"/v1/chunks/{Digest.Of(stage.Package.Chunks.MaxBy(static c => c.Length)!)}";
        using HttpResponseMessage slow = await stage.Http.GetAsync(
            path, HttpCompletionOption.ResponseHeadersRead, stage.Server.Ct);
        long start = TimeProvider.System.GetTimestamp();
        await stage.RestartAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(start) < ServerLimits.ShutdownDeadline);
        await Assert.ThrowsAnyAsync<Exception>(() => slow.Content.ReadAsByteArrayAsync(stage.Server.Ct));
        await UntilPacedAsync(stage, 16 * Limits.KiB);
    }

    [Fact]
    public async Task A_site_by_a_zone_that_nobody_knows_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(() => server.Client.ApplyAsync(
            Site("{limit: 1Mi, timeZone: Europe/Atlantis}"), false, false, server.Ct));
        Assert.Equal((422, "KEDGE-API-034"), (refused.Status, Assert.Single(refused.Problem.Findings).Code));
        Assert.Empty((await server.Client.ListSitesAsync(server.Ct)).Items);
    }

    [Fact]
    public async Task Sites_are_applied_shown_watched_and_outlive_a_restart()
    {
        await using TestServer server = await TestServer.StartAsync();
        ApplyResource first = await server.Client.ApplyAsync(Site("{limit: 1Mi}"), false, false, server.Ct);
        Assert.Equal(("Site", "lyon", "created"), Told(first));
        ApplyResource second = await server.Client.ApplyAsync(Site("{limit: 2Mi}"), true, true, server.Ct);
        Assert.Equal(["~ spec.bandwidth.limit: 1Mi -> 2Mi"], Assert.Single(second.Results).Diff);
        Assert.Equal(1 * Limits.MiB, Assert.Single((await server.Client.ListSitesAsync(server.Ct)).Items).Limit);
        await foreach (WatchEvent<SiteResource> change in server.Client.WatchSitesAsync(server.Ct))
        {
            Assert.Equal("lyon", change.Item?.Name);
            break;
        }

        await server.RestartAsync();
        SiteResource site = await server.Client.GetSiteAsync("lyon", server.Ct);
        Assert.Equal((1 * Limits.MiB, "UTC", 0), (site.LimitNow, site.TimeZone, site.Devices));
        Assert.Equal(("Site", "lyon", "unchanged"), Told(
            await server.Client.ApplyAsync(Site("{limit: 1Mi}"), false, false, server.Ct)));
    }

    private static (string Kind, string Name, string Outcome) Told(ApplyResource answer)
    {
        ApplyResult result = Assert.Single(answer.Results);
        return (result.Kind, result.Name, result.Outcome);
    }

    private static string Site(string bandwidth) =>
        $"apiVersion: kedge.dev/v1\nkind: Site\nmetadata: {{name: lyon}}\nspec: {{bandwidth: {bandwidth}}}\n";

    private static byte[] Noise(int count)
    {
        byte[] bytes = new byte[count];
        new Random(5).NextBytes(bytes);
        return bytes;
    }

    private static Task<ApplyResource> ApplyAsync(ContentStage stage, params string[] texts) =>
        stage.Server.Client.ApplyAsync(string.Concat(texts), false, false, stage.Server.Ct);

    private static Task<SiteResource> UntilPacedAsync(ContentStage stage, long limit) => stage.Server.UntilAsync(
        () => stage.Server.Client.GetSiteAsync("lyon", stage.Server.Ct), site => site.LimitNow == limit);

    private static async Task<string> MetricsAsync(TestServer server)
    {
        using HttpClient http = server.Bare();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        return await http.GetStringAsync("/metrics", server.Ct);
    }
}
