using Kedge.Api;
using Kedge.ControlPlane.Tests.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary><c>kedge logs</c>, from the command line over the server and the device's own link to an agent.</summary>
public sealed class LogsTests
{
    private static readonly DeploymentId Bearing = new("bearing-monitor");

    [Fact]
    public async Task Kedge_logs_shows_the_last_lines_of_a_workload_over_the_link_of_a_real_agent()
    {
        using CliRun cli = new();
        await using TestServer server = await TestServer.StartAsync(o => o with { ContextFile = cli.ConfigPath });
        ContextDocument.Load(cli.ConfigPath).With(server.Context).Save(cli.ConfigPath);
        await using RealAgent agent = await RealAgent.EnrolAsync(server, "press-1", ("line", "press"));
        agent.Supervisor.Logs[Bearing] = [.. Enumerable.Range(1, 500).Select(static i => $"line {i}")];
        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp);

        CliResult shown = await cli.RunAsync("logs", "press-1", "bearing-monitor", "--tail", "3");
        Assert.True(shown.Exit == 0, shown.All);
        Assert.Equal("line 498\nline 499\nline 500\n", shown.Out);

        // What is too long for one message keeps its newest lines.
        agent.Supervisor.Logs[Bearing] =
            [.. Enumerable.Range(1, 5000).Select(static i => $"{i} {new string('x', 90)}")];
        shown = await cli.RunAsync("logs", "press-1", "bearing-monitor", "--tail", "5000");
        string[] lines = shown.Out.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 100, 4999);
        Assert.StartsWith("5000 ", lines[^1], StringComparison.Ordinal);
        Assert.All(lines.Skip(1), static l => Assert.EndsWith("x", l, StringComparison.Ordinal));

        shown = await cli.RunAsync("logs", "press-1", "unheard-of");
        Assert.Contains("KEDGE-AGENT-023", shown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_at_once_are_answered_each_with_its_own_and_one_to_a_device_that_is_away_is_told_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using RealAgent agent = await RealAgent.EnrolAsync(server, "press-1");
        agent.Supervisor.Logs[Bearing] = ["a", "b", "c", "d"];
        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp);
        string[] answers = await Task.WhenAll(Enumerable.Range(1, 4).Select(
            lines => server.Client.GetLogsAsync("press-1", Bearing.ToString(), lines, server.Ct)));
        Assert.Equal(["d\n", "c\nd\n", "b\nc\nd\n", "a\nb\nc\nd\n"], answers);

        await agent.StopAsync();
        await server.UntilAsync(
            async () => await server.Client.GetDeviceAsync("press-1", server.Ct), static d => !d.Connected);
        KedgeApiException away = await Assert.ThrowsAsync<KedgeApiException>(
            () => server.Client.GetLogsAsync("press-1", Bearing.ToString(), 1, server.Ct));
        Assert.Equal(503, away.Status);

        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp);
        Assert.Equal("d\n", await server.Client.GetLogsAsync("press-1", Bearing.ToString(), 1, server.Ct));
    }
}
