using System.Globalization;
using System.Net;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Story;

/// <summary>
/// Several versions of one model in one model server, with real programs: picked by their tags, tried, served by
/// address,
/// unloaded and loaded, and the same again after the process was killed.
/// </summary>
public sealed class VersionsTests : FleetTest
{
    private const string Deployment = "trial";
    private const int Port = 8530;

    // Its greatest number is the nine: the version that forgets what is six and more answers otherwise.
    private const string Nine = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[0,0,9,0]}]}""";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private readonly HttpClient _http = new();

    protected override async Task StartAsync()
    {
        LocalDevice device = await Fleet.EnrolAsync("edge-01", ["line=trial"]);
        await File.WriteAllTextAsync(
            Path.Combine(device.DataFolder, "agent.json"),
            """{"openControl": ["repository", "trace", "logging"], "accessLogEvery": 1}""");
        device.Start();
        await PushTrialAsync(("v1", TrialModels.Narrow), ("v2", TrialModels.Good), ("v10", TrialModels.Forgetful));
    }

    public override Task DisposeAsync()
    {
        _http.Dispose();
        return base.DisposeAsync();
    }

    [Fact]
    public async Task The_latest_are_served_together_and_the_same_set_after_a_kill()
    {
        await ApplyAsync("{latest: 2}");
        await Until.TrueAsync(
            async () => await WorkloadAsync() is { ServingRevision: 1 } w
                && w.ServingPackages.SequenceEqual(["trial:v10", "trial:v2", "trial:v2"]),
            _patience, DescribeAsync);
        string described = (await Fleet.KedgeAsync(["describe", "deployment", Deployment])).MustSucceed().Output;
        Assert.Matches(@"trial\s+v10, answers unasked\s+trial:v10\s+sha256:", described);
        Assert.Matches(@"trial\s+v2\s+trial:v2\s+sha256:", described);

        // Each by its address, the highest where none is named.
        Assert.Contains("\"versions\":[\"v10\",\"v2\"]", await GetAsync("/v2/models/trial"), StringComparison.Ordinal);
        Assert.Equal((200, "v10", "0"), await AskAsync("/v2/models/trial/infer"));
        Assert.Equal((200, "v10", "0"), await AskAsync("/v2/models/trial/versions/v10/infer"));
        Assert.Equal((200, "v2", "2"), await AskAsync("/v2/models/trial/versions/v2/infer"));
        Assert.Equal(404, (await AskAsync("/v2/models/trial/versions/v1/infer")).Status);
        Assert.Equal((200, "1", "2"), await AskAsync("/v2/models/other/infer"));

        // What it was told is told to whoever takes its place.
        await PostAsync("/v2/repository/models/trial/unload", "");
        await PostAsync("/v2/trace/setting", """{"trace_level": ["TIMESTAMPS"], "trace_rate": "1"}""");
        await PostAsync("/v2/logging", """{"log_warnings": false}""");
        string trace = await GetAsync("/v2/trace/setting");
        string logging = await GetAsync("/v2/logging");
        Assert.Contains("\"log_access_every\":1", logging, StringComparison.Ordinal);
        int first = (await WorkloadAsync()).Pid;
        (await CommandResult.RunAsync("/bin/kill", ["-9", first.ToString(CultureInfo.InvariantCulture)])).MustSucceed();
        await Until.TrueAsync(
            async () => await WorkloadAsync() is { } w && w.Pid != first && w.ServingRevision == 1
                && (await TryAskAsync("/v2/models/other/infer")).Status == 200,
            _patience, DescribeAsync);
        Assert.Equal(404, (await AskAsync("/v2/models/trial/infer")).Status);
        Assert.Equal(404, (await AskAsync("/v2/models/trial/versions/v2/infer")).Status);
        Assert.Equal(trace, await GetAsync("/v2/trace/setting"));
        Assert.Equal(logging, await GetAsync("/v2/logging"));
        await PostAsync("/v2/repository/models/trial/load", "");
        Assert.Equal((200, "v10", "0"), await AskAsync("/v2/models/trial/infer"));
        Assert.Equal((200, "v2", "2"), await AskAsync("/v2/models/trial/versions/v2/infer"));
        Assert.Equal(404, (await AskAsync("/v2/models/trial/versions/v1/infer")).Status);

        // The next release begins as it says.
        await PostAsync("/v2/repository/models/trial/unload", "");
        await ApplyAsync("{listed: [v1, v2]}");
        await Until.TrueAsync(
            async () => await WorkloadAsync() is { ServingRevision: 2 } w
                && w.ServingPackages.SequenceEqual(["trial:v2", "trial:v1", "trial:v2"]),
            _patience, DescribeAsync);

        // A connection that was open still reaches the old process, which says that it closes.
        await Until.TrueAsync(
            async () => await TryAskAsync("/v2/models/trial/infer") == (200, "v2", "2"), _patience, DescribeAsync);
        string log = (await Fleet.KedgeAsync(["logs", "edge-01", Deployment])).Output;
        Assert.Contains("POST /v2/models/trial/infer 200", log, StringComparison.Ordinal);
    }

    private Uri Address(string path) => new($"http://{Fleet.Devices[0].EndPoint(Port)}{path}");

    private async Task<string> GetAsync(string path) => await _http.GetStringAsync(Address(path));

    private async Task PostAsync(string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8);
        using HttpResponseMessage answer = await _http.PostAsync(Address(path), content);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private async Task<(int Status, string Version, string Label)> TryAskAsync(string path)
    {
        try
        {
            return await AskAsync(path);
        }
        catch (HttpRequestException)
        {
            return (0, "", "");
        }
    }

    private async Task<(int Status, string Version, string Label)> AskAsync(string path)
    {
        using StringContent content = new(Nine, Encoding.UTF8);
        using HttpResponseMessage answer = await _http.PostAsync(Address(path), content);
        string body = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, Between(body, "\"model_version\":\"", '"'), Between(body, "\"data\":[", ']'));
    }

    private static string Between(string text, string before, char after)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal);
        return start < 0 ? "" : text[(start + before.Length)..text.IndexOf(after, start + before.Length)];
    }

    private Task<string> DescribeAsync() => Fleet.DescribeAsync();

    private async Task<WorkloadResource> WorkloadAsync() =>
        (await Fleet.DeviceAsync("edge-01")).Workloads.SingleOrDefault() ?? new WorkloadResource();

    private async Task ApplyAsync(string versions) =>
        (await DeployAsync(Deployment, "trial", $$$"""
            models:
            - {name: trial, package: trial, versions: {{{versions}}}, weight: 2, cache: 1Mi}
            - {name: other, package: "trial:v2", batching: {priorities: [{}, {timeout: 5s}], defaultPriority: 1}}
            endpoint: {port: {{{Port}}}, expose: loopback}
            resources: {requests: {memory: 32Mi}, limits: {memory: 192Mi, pids: 64}}
            """)).MustSucceed();
}
