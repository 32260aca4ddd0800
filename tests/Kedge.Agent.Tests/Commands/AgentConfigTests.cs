using System.Text;
using Kedge.Agent.Commands;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Commands;

/// <summary>What a device decides about content in agent.json.</summary>
public sealed class AgentConfigTests
{
    [Fact]
    public void Bandwidth_room_and_verifying_are_read()
    {
        AgentConfig config = Load("""
            {
              // Shared with the camera.
              "contentBytesMax": "20Gi",
              "verifyEvery": "6h",
              "bandwidth": {
                "default": "128Ki",
                "windows": [ { "days": ["sat", "sun"], "from": "22:00", "to": "06:00", "limit": "4Mi" },
                             { "from": "02:00", "to": "03:00" } ]
              }
            }
            """);
        Assert.Equal(20L << 30, config.ContentBytes());
        Assert.Equal(TimeSpan.FromHours(6), config.Verifying());
        BandwidthRule rule = config.Bandwidth!.Rule([]); // It was given.
        Assert.Equal(128 * 1024, rule.At(new DateTime(2026, 6, 6, 21, 0, 0)));
        Assert.Equal(4 * 1024 * 1024, rule.At(new DateTime(2026, 6, 6, 23, 0, 0)));
        Assert.Equal(4 * 1024 * 1024, rule.At(new DateTime(2026, 6, 7, 2, 30, 0)));
        Assert.Equal(0, rule.At(new DateTime(2026, 6, 9, 2, 30, 0)));
    }

    [Fact]
    public void What_model_servers_open_is_said_by_the_device()
    {
        AgentConfig config = Load("""{ "openControl": ["repository", "memory"], "sharedMemory": true }""");
        Assert.Equal(["repository", "memory"], config.OpenControl);
        Assert.True(config.SharedMemory);
        Assert.Equal((0, 100), (Load("{}").AccessLogEvery, Load("""{ "accessLogEvery": 100 }""").AccessLogEvery));
        Assert.Contains(
            "accessLogEvery must be 0 or more",
            Assert.Throws<KedgeException>(() => Load("""{ "accessLogEvery": -1 }""")).Message,
            StringComparison.Ordinal);
        Assert.Empty(Load("{}").OpenControl);
        Assert.False(Load("{}").SharedMemory);
        KedgeException wrong = Assert.Throws<KedgeException>(() => Load("""{ "openControl": ["everything"] }"""));
        Assert.Contains("openControl must list some of repository", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_said_means_no_bound_and_a_look_every_day()
    {
        AgentConfig config = Load("{}");
        Assert.Equal((0, AgentLimits.VerifyEvery), (config.ContentBytes(), config.Verifying()));
        Assert.Equal(TimeSpan.Zero, Load("""{ "verifyEvery": "0" }""").Verifying());
    }

    [Theory]
    [InlineData("""{ "contentBytesMax": "much" }""", "contentBytesMax")]
    [InlineData("""{ "contentBytesMax": "1000" }""", "contentBytesMax")]
    [InlineData("""{ "verifyEvery": "1m" }""", "verifyEvery")]
    [InlineData("""{ "bandwidth": { "default": "1" } }""", "bandwidth.default")]
    [InlineData("""{ "bandwidth": { "windows": [ { "from": "02:00" } ] } }""", "bandwidth.windows[0] needs")]
    [InlineData("""{ "bandwidth": { "windows": [ { "from": "02:00", "to": "02:00" } ] } }""", "bandwidth.windows[0]")]
    [InlineData(
        """{ "bandwidth": { "windows": [ { "days": ["today"], "from": "02:00", "to": "03:00" } ] } }""",
        "bandwidth.windows[0].days")]
    [InlineData("""{ "bandwidth": { "burst": "1Mi" } }""", "burst")]
    public void What_is_wrong_stops_the_start_and_is_named(string json, string field)
    {
        KedgeException wrong = Assert.Throws<KedgeException>(() => Load(json));
        Assert.Contains(field, wrong.Message, StringComparison.Ordinal);
        Assert.Contains("KEDGE-AGENT-005", wrong.ToString(), StringComparison.Ordinal);
    }

    private static AgentConfig Load(string json)
    {
        MemoryDisk disk = new();
        using (IDiskFile file = disk.Open(AgentConfig.FileName, DiskOpening.Create))
        {
            file.Write(Encoding.UTF8.GetBytes(json));
        }

        return AgentConfig.Load(disk);
    }
}
