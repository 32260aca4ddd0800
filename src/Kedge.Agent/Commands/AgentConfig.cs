using System.Net;
using System.Text.Json;
using Kedge.Agent.Neighbours;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Inference.Control;

namespace Kedge.Agent.Commands;

/// <summary>
/// The device's own configuration, <c>agent.json</c> in the data folder: what no server may decide for it. A missing
/// file
/// means defaults; a wrong one stops the start. Properties can be set, and not only while it is made: the generated
/// reader gives every other kind its type's default where the file says nothing.
/// </summary>
internal sealed record AgentConfig
{
    internal const string FileName = "agent.json";
    private const int SpoolBytesMin = 1 * Limits.MiB;
    private const long ContentBytesMin = 1 * Limits.MiB;
    private const int KeepAliveSecondsMin = 5;

    private static readonly TimeSpan VerifyEveryMin = TimeSpan.FromHours(1);

    /// <summary>
    /// True lets a deployment with <c>sandbox: none</c> run as a plain process where no sandbox works.
    /// </summary>
    public bool AllowNoSandbox { get; set; }

    /// <summary>Port of <c>/metrics</c> on the loopback address; 0 for none.</summary>
    public int MetricsPort { get; set; }

    /// <summary>Address on which endpoints with <c>expose: loopback</c> are opened.</summary>
    public string LoopbackAddress { get; set; } = "127.0.0.1";

    /// <summary>Budget of unsent messages on disk, in bytes.</summary>
    public int SpoolBytesMax { get; set; } = Limits.SpoolBytesMax;

    /// <summary>Seconds of silence on the link after which the device shows that it is there, 5..240.</summary>
    public int KeepAliveSeconds { get; set; } = (int)Limits.LinkKeepAlive.TotalSeconds;

    /// <summary>Most room for models, as <c>20Gi</c>; empty for what the disk has above the reserve.</summary>
    public string ContentBytesMax { get; set; } = "";

    /// <summary>How often the files of models that serve are read again, as <c>24h</c>; <c>0</c> for never.</summary>
    public string VerifyEvery { get; set; } = "";

    /// <summary>
    /// What model servers answer on their public socket beside inference: <c>repository</c>, <c>trace</c>,
    /// <c>logging</c>, <c>memory</c>; nothing by default.
    /// </summary>
    public string[] OpenControl { get; set; } = [];

    /// <summary>True lets clients on this device hand shared memory to model servers.</summary>
    public bool SharedMemory { get; set; }

    /// <summary>Of so many requests model servers log one; 0 for none.</summary>
    public int AccessLogEvery { get; set; }

    /// <summary>How fast content may be fetched; null for no limit of the device's own.</summary>
    public BandwidthConfig? Bandwidth { get; set; }

    /// <summary>
    /// How this device takes content from others of its site and gives it to them; null for not at all.
    /// </summary>
    public NeighbourConfig? Neighbours { get; set; }

    /// <summary>Keeps what model servers have traced, in a file; null for not at all.</summary>
    public TracesConfig? Traces { get; set; }

    /// <summary>
    /// Libraries that compute models beside the processor, the preferred first, at most 8; null for none.
    /// </summary>
    public List<PluginConfig>? Plugins { get; set; }

    /// <summary>What ONNX Runtime prefers when it chooses devices by itself; empty for the order of plug-ins.</summary>
    public string DevicePolicy { get; set; } = "";

    /// <summary><see cref="ContentBytesMax"/> in bytes, 0 for none.</summary>
    internal long ContentBytes() =>
        Quantity.TryParseBytes(ContentBytesMax ?? "", out long bytes) && bytes >= ContentBytesMin ? bytes : 0;

    /// <summary><see cref="VerifyEvery"/>; zero for never.</summary>
    internal TimeSpan Verifying() =>
        string.IsNullOrEmpty(VerifyEvery) ? AgentLimits.VerifyEvery
        : VerifyEvery != "0" && Lifetime.TryParse(VerifyEvery, out TimeSpan every) ? every
        : TimeSpan.Zero;

    /// <summary>Reads and checks the file; throws <see cref="KedgeException"/> with all that is wrong.</summary>
    internal static AgentConfig Load(IDisk disk)
    {
        if (disk.Length(FileName) is null)
        {
            return new AgentConfig();
        }

        try
        {
            AgentConfig config =
                JsonSerializer.Deserialize(disk.Read(FileName, Limits.MiB), AgentJson.Default.AgentConfig)
                ?? throw new JsonException("it is null");
            string wrong = string.Join("; ", config.Findings());
            return wrong.Length == 0 ? config : throw new JsonException(wrong);
        }
        catch (Exception e) when (e is JsonException or DiskException)
        {
            throw new KedgeException(AgentErrors.BadConfig, e.Message, e);
        }
    }

    private IEnumerable<string> Findings()
    {
        if (MetricsPort is < 0 or > 65535)
        {
            yield return "metricsPort must be 0..65535";
        }

        if (!IPAddress.TryParse(LoopbackAddress, out IPAddress? address) || !IPAddress.IsLoopback(address))
        {
            yield return "loopbackAddress must be a loopback address";
        }

        if (KeepAliveSeconds < KeepAliveSecondsMin || KeepAliveSeconds > Limits.LinkKeepAliveMax.TotalSeconds)
        {
            yield return $"keepAliveSeconds must be {KeepAliveSecondsMin}..{Limits.LinkKeepAliveMax.TotalSeconds}";
        }

        if (SpoolBytesMax < SpoolBytesMin)
        {
            yield return $"spoolBytesMax must be {SpoolBytesMin} or more";
        }

        if (ContentBytesMax is not "" && ContentBytes() == 0)
        {
            yield return $"contentBytesMax must be {ContentBytesMin} or more, as \"20Gi\"";
        }

        if (VerifyEvery is not ("" or "0") && Verifying() < VerifyEveryMin)
        {
            yield return "verifyEvery must be a time of an hour or more, as \"24h\", or \"0\"";
        }

        foreach (string finding in ServeFindings())
        {
            yield return finding;
        }

        List<string> wrong = [];
        _ = Bandwidth?.Rule(wrong);
        foreach (string finding in wrong)
        {
            yield return finding;
        }

        if (Traces is { } traces && traces.Bytes() == 0)
        {
            yield return $"traces.bytesMax must be {TracesConfig.BytesMin} or more, as \"16Mi\"";
        }

        foreach (string finding in Neighbours?.Findings() ?? [])
        {
            yield return finding;
        }
    }

    /// <summary>What is wrong with the fields that model servers are told.</summary>
    private IEnumerable<string> ServeFindings()
    {
        if (AccessLogEvery < 0)
        {
            yield return "accessLogEvery must be 0 or more";
        }

        if (OpenControl is null || !OpenControl.All(ControlAreas.All.Contains))
        {
            yield return $"openControl must list some of {string.Join(", ", ControlAreas.All)}";
        }

        if (DevicePolicy is not "" && !ServeConfig.DevicePolicies.Contains(DevicePolicy))
        {
            yield return $"devicePolicy must be one of {string.Join(", ", ServeConfig.DevicePolicies)}";
        }

        if (Plugins?.Count > ServeConfig.PluginsMax)
        {
            yield return "plugins must be at most 8";
        }

        foreach (string finding in (Plugins ?? []).SelectMany(static one => one.Findings()))
        {
            yield return finding;
        }
    }
}
