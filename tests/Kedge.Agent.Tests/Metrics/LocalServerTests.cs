using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kedge.Agent.Commands;
using Kedge.Agent.Metrics;
using Kedge.Agent.Tests.Identity;
using Kedge.Agent.Tests.Loop;

namespace Kedge.Agent.Tests.Metrics;

public sealed partial class LocalServerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kedge-local-");
    private readonly TestAuthority _authority = new();
    private readonly TestDevice _device = new();
    private LocalServer? _server;

    [Fact]
    public async Task The_metrics_parse_and_are_the_documented_ones()
    {
        string[] answer = (await AskAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).Split("\r\n\r\n", 2);
        Assert.StartsWith("HTTP/1.1 200 OK", answer[0], StringComparison.Ordinal);
        string[] lines = answer[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, static line => Assert.Matches(Line(), line));

        string[] documented = [.. Instruments.All.Select(static m => m.Name).Order()];
        string[] told = [.. lines.Where(static l => l.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(static l => l.Split(' ')[2]).Order()];
        Assert.NotEmpty(documented);
        Assert.Equal(documented, told);
        Assert.Contains("kedge_agent_link_up 1", lines);
        Assert.Contains("kedge_agent_generation 1", lines);
        Assert.Contains("kedge_agent_workload_serving{workload=\"bearing\"} 1", lines);
    }

    [Fact]
    public async Task Health_and_status_are_answered_and_nothing_else()
    {
        Assert.EndsWith("ok\n", await AskAsync("GET /healthz HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        string status = (await AskAsync("GET /status HTTP/1.1\r\n\r\n")).Split("\r\n\r\n", 2)[1];
        using JsonDocument json = JsonDocument.Parse(status);
        Assert.Equal("press-01", json.RootElement.GetProperty("device").GetString());
        Assert.StartsWith(
            "HTTP/1.1 404 ", await AskAsync("GET /../identity/key.pem HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n")]
    [InlineData("POST /hold HTTP/1.1\r\n\r\n")]
    [InlineData("POST /hold?soon&x HTTP/1.1\r\n\r\n")]
    [InlineData("POST /hold?60 HTTP/1.1\r\n\r\n")]
    [InlineData("POST /hold?99999999999&x HTTP/1.1\r\n\r\n")]
    [InlineData("POST /hold?60&a%0Ab HTTP/1.1\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("\0\u0001\u0002\r\n\r\n")]
    [InlineData("GET / HTTP/1.1 and more\r\n\r\n")]
    public async Task What_is_no_question_is_refused_and_the_next_one_answered(string garbage)
    {
        Assert.StartsWith("HTTP/1.1 400 ", await AskAsync(garbage), StringComparison.Ordinal);
        Assert.Contains("200 OK", await AskAsync("GET /healthz HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_without_an_end_is_read_up_to_its_bound()
    {
        string answer = await AskAsync(new string('a', 8 * 1024));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silent_connections_within_the_bound_do_not_keep_a_question_from_its_answer()
    {
        List<Socket> silent = [];
        for (int i = 0; i < AgentLimits.LocalConnectionsMax - 1; i++)
        {
            silent.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
            await silent[^1].ConnectAsync(new UnixDomainSocketEndPoint(Path));
        }

        Assert.Contains("200 OK", await AskAsync("GET /healthz HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        silent.ForEach(static socket => socket.Dispose());
    }

    public Task InitializeAsync()
    {
        AgentOptions options = new() { AgentVersion = "1.2.3" };
        _device.Start(options: options);
        _device.Want(1, TestFleet.Workload("bearing", _device.Fleet.Package("bearing", "a model"u8.ToArray())));
        LocalAnswers answers = new(
            _device.Agent!,
            _authority.Enrol(
                _device.Disk, _device.Fleet.Identity, _device.Time.GetUtcNow(), TimeSpan.FromDays(90)),
            new DataFolder(_folder.FullName), options, TimeProvider.System);
        _server = new LocalServer(Path, 0, answers.AnswerAsync, new AgentLog(null, TimeProvider.System));
        _server.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _server!.DisposeAsync();
        _device.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Path => System.IO.Path.Combine(_folder.FullName, "agent.sock");

    private async Task<string> AskAsync(string question)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), deadline.Token);
        using NetworkStream stream = new(socket);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(question), deadline.Token);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    [GeneratedRegex(
        """^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+0-9.eE]+)$""")]
    private static partial Regex Line();
}
