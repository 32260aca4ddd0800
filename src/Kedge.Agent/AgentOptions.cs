using Kedge.Agent.Identity;
using Kedge.Agent.Neighbours;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Core.Fleet;

namespace Kedge.Agent;

/// <summary>What an agent can be told, complete with defaults.</summary>
public sealed record AgentOptions
{
    /// <summary>Version of the agent.</summary>
    public string AgentVersion { get; init; } = "0.0.0";

    /// <summary>When this program was built, Unix milliseconds UTC: no clock before it is believed.</summary>
    public long BuiltAtMs { get; init; }

    /// <summary>Absolute path of the folder of Unix endpoints, for reports.</summary>
    public string EndpointFolder { get; init; } = "/var/lib/kedge/endpoints";

    /// <summary>Address on which endpoints with <c>expose: loopback</c> are opened, for reports.</summary>
    public string LoopbackAddress { get; init; } = "127.0.0.1";

    /// <summary>True when the inventory is that of a captured machine.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>True when this device allows workloads without a sandbox.</summary>
    public bool AllowsNoSandbox { get; init; }

    /// <summary>Budget of the spool, in bytes.</summary>
    public int SpoolBytesMax { get; init; } = Limits.SpoolBytesMax;

    /// <summary>Most bytes of all packages, 0 for no bound but the reserve.</summary>
    public long ContentBytesMax { get; init; }

    /// <summary>How fast content may be fetched, by local time.</summary>
    public BandwidthRule Bandwidth { get; init; } = BandwidthRule.None;

    /// <summary>How often the files of what serves are read again; zero for never.</summary>
    public TimeSpan VerifyEvery { get; init; } = AgentLimits.VerifyEvery;

    /// <summary>Reads what the machine is; null sends no facts.</summary>
    public Func<DeviceFacts>? ReadFacts { get; init; }

    /// <summary>Reads how many bytes of memory can be had without swapping; null where nobody knows.</summary>
    public Func<long>? ReadMemory { get; init; }

    /// <summary>Runs work that takes long (digests of large files); null runs it where it is asked for.</summary>
    public Func<Action, Task>? RunHeavy { get; init; }

    /// <summary>How far the device's local time is from UTC at a UTC time: maintenance windows are local.</summary>
    public Func<DateTime, TimeSpan> OffsetOf { get; init; } = static utc => TimeZoneInfo.Local.GetUtcOffset(utc);

    /// <summary>The device's certificate, which the loop renews; null for none to renew.</summary>
    public Credentials? Credentials { get; init; }

    /// <summary>Other devices of the site, asked and answered; null where none are configured.</summary>
    internal NeighbourSide? Neighbours { get; init; }

    /// <summary>Where the agent logs; null for nowhere.</summary>
    public AgentLog? Log { get; init; }
}
