using Kedge.Agent.Commands;
using Kedge.Agent.Neighbours;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Neighbours;

public sealed class NeighbourConfigTests
{
    [Fact]
    public void Without_a_word_of_it_nothing_is_asked_and_nothing_listens() => Assert.Null(Load("{}").Neighbours);

    [Fact]
    public void What_the_file_does_not_name_keeps_its_default()
    {
        Assert.Equal(new AgentConfig(), Load("{}"));
        Assert.Equal(new AgentConfig { MetricsPort = 9101 }, Load("""{"metricsPort": 9101}"""));
        Assert.Equal("", Load("""{"neighbours": {"listen": "10.0.0.1:1"}}""").Neighbours!.Limit);
    }

    [Fact]
    public void What_is_said_is_taken()
    {
        NeighbourConfig config = Load(
            """
            {"neighbours": {"listen": "0.0.0.0:8844", "advertise": ["10.0.0.1:8844", "a.example:99"], "limit": "8Mi"}}
            """).Neighbours!;
        Assert.Equal(8844, config.EndPoint.Port);
        Assert.Equal(["10.0.0.1:8844", "a.example:99"], config.Addresses.ToArray());
        Assert.Equal(8L * 1024 * 1024, config.LimitBytesPerSecond);
        Assert.Equal(["10.0.0.1:1"], new NeighbourConfig { Listen = "10.0.0.1:1" }.Addresses.ToArray());
        Assert.Equal(0, new NeighbourConfig { Listen = "10.0.0.1:1" }.LimitBytesPerSecond);
    }

    [Theory]
    [InlineData("""{"listen": ""}""", "neighbours.listen")]
    [InlineData("""{"listen": "8844"}""", "neighbours.listen")]
    [InlineData("""{"listen": "10.0.0.1"}""", "neighbours.listen")]
    [InlineData("""{"listen": "press.example:8844"}""", "neighbours.listen")]
    [InlineData("""{"listen": "0.0.0.0:8844"}""", "neighbours.advertise must say")]
    [InlineData("""{"listen": "[::]:8844"}""", "neighbours.advertise must say")]
    [InlineData("""{"listen": "10.0.0.1:1", "advertise": ["x"]}""", "neighbours.advertise takes")]
    [InlineData("""{"listen": "10.0.0.1:1", "advertise": ["a:1", "a:1", "a:1", "a:1", "a:1"]}""", "neighbours.adv")]
    [InlineData("""{"listen": "10.0.0.1:1", "limit": "much"}""", "neighbours.limit")]
    [InlineData("""{"listen": "10.0.0.1:1", "limit": "255Ki"}""", "neighbours.limit")]
    [InlineData("""{"listen": "10.0.0.1:1", "limit": "11Gi"}""", "neighbours.limit")]
    [InlineData("""{"listen": "10.0.0.1:1", "port": 1}""", "port")]
    public void What_is_wrong_stops_the_start(string json, string told)
    {
        KedgeException e = Assert.Throws<KedgeException>(() => Load($$"""{"neighbours": {{json}}}"""));
        Assert.Equal("KEDGE-AGENT-005", e.Finding.Code);
        Assert.Contains(told, e.Message, StringComparison.Ordinal);
    }

    private static AgentConfig Load(string json)
    {
        MemoryDisk disk = new();
        using (IDiskFile file = disk.Open(AgentConfig.FileName, DiskOpening.Create))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(json));
        }

        return AgentConfig.Load(disk);
    }
}
