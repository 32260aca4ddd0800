namespace Kedge.Core;

/// <summary>
/// Bounds that hold between programs, each with its unit and reason. Relations between them are tested.
/// </summary>
public static class Limits
{
    /// <summary>1,024 bytes.</summary>
    public const int KiB = 1024;

    /// <summary>1,048,576 bytes.</summary>
    public const int MiB = 1024 * KiB;

    /// <summary>Largest manifest that <c>apply</c> takes, in bytes: some thousands of documents.</summary>
    public const int ManifestBytesMax = 1 * MiB;

    /// <summary>Most documents in one manifest: one apply is one transaction.</summary>
    public const int ManifestDocumentsMax = 256;

    /// <summary>Most labels of one object, as a person can still oversee.</summary>
    public const int LabelsMax = 64;

    /// <summary>Most expressions of one selector.</summary>
    public const int SelectorExpressionsMax = 32;

    /// <summary>Most values of one selector expression.</summary>
    public const int SelectorValuesMax = 64;

    /// <summary>Most models served by one deployment: they share one process and its limits.</summary>
    public const int ModelsPerDeploymentMax = 16;

    /// <summary>Most workloads of one device: one process, one port, some MB each.</summary>
    public const int WorkloadsPerDeviceMax = 64;

    /// <summary>Largest signed desired state, in bytes: one MQTT packet of the device link.</summary>
    public const int DesiredBytesMax = 128 * KiB;

    /// <summary>Largest message that a device sends up, in bytes: one MQTT packet.</summary>
    public const int UpMessageBytesMax = 64 * KiB;

    /// <summary>Largest MQTT packet of the device link, in bytes: a message, its topic and its properties.</summary>
    public const int LinkPacketBytesMax = DesiredBytesMax + (4 * KiB);

    /// <summary>Largest package manifest, in bytes: what the package's own limits allow, so that none is accepted by
    /// one part and refused by another.</summary>
    public const int PackageManifestBytesMax = Models.ModelLimits.ManifestBytesMax;

    /// <summary>Largest chunk, in bytes; the chunker cuts below it.</summary>
    public const int ChunkBytesMax = 256 * KiB;

    /// <summary>
    /// Largest package that the server takes unless its options say otherwise, in bytes: every one that can be.
    /// </summary>
    public const long UploadBytesMax = Models.ModelLimits.PackageBytesMax;

    /// <summary>Unacknowledged QoS 1 messages in flight from one device: enough to fill a slow link.</summary>
    public const int LinkInFlightMax = 16;

    /// <summary>Messages that a device keeps for the server while the link is away, in bytes.</summary>
    public const int SpoolBytesMax = 4 * MiB;

    /// <summary>Starts of one release that may fail before it is quarantined on that device.</summary>
    public const int ReleaseFailuresMax = 3;

    /// <summary>
    /// Starts of the agent on one generation that may end before it was steady, until the generation is poison.
    /// </summary>
    public const int UncleanStartsMax = 3;

    /// <summary>Quarantined releases that a device remembers per workload; the oldest are forgotten first.</summary>
    public const int QuarantinedPerWorkloadMax = 16;

    /// <summary>Preflight results that a device remembers per workload.</summary>
    public const int PreflightsPerWorkloadMax = 4;

    /// <summary>
    /// Memory of a device that no release on standby may take, in bytes: the system, the agent and cached files need
    /// it.
    /// </summary>
    public const long MemoryFloorBytes = 64L * MiB;

    /// <summary>Longest time that a release may wait on standby: the longest soak and the longest window.</summary>
    public static readonly TimeSpan StandbyMax = TimeSpan.FromDays(28) + TimeSpan.FromHours(1);

    /// <summary>How long a new version serves before it counts as good.</summary>
    public static readonly TimeSpan ProvenAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A proven release whose process ends more often than this apart is not in a crash loop: what takes it down so
    /// seldom is no reason to change.
    /// </summary>
    public static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(10);

    /// <summary>How long the old version may take to answer what it has begun.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The same where its successor has no room beside it: clients wait meanwhile, so that only what is under way ends.
    /// </summary>
    public static readonly TimeSpan YieldDeadline = TimeSpan.FromSeconds(5);

    /// <summary>
    /// First wait after a failed start, fetch or handover; doubles until <see cref="RetryDelayMax"/>.
    /// </summary>
    public static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait between two tries: a repaired link or disk is noticed within it.</summary>
    public static readonly TimeSpan RetryDelayMax = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long copies of requests go to a new release when nobody asks about them: an agent asks every second, and is
    /// back well within this when it is started again.
    /// </summary>
    public static readonly TimeSpan ShadowLease = TimeSpan.FromMinutes(1);

    /// <summary>Slowest pace of a fetch that can be set, in bytes per second: a chunk of 256 KiB in 16 s.</summary>
    public const long FetchBytesPerSecondMin = 16 * KiB;

    /// <summary>Fastest pace of a fetch that can be set, in bytes per second.</summary>
    public const long FetchBytesPerSecondMax = 10L * 1024 * MiB;

    /// <summary>How long figures are collected before a window of them closes, unless a strategy says so.</summary>
    public static readonly TimeSpan FigureWindow = TimeSpan.FromMinutes(5);

    /// <summary>Shortest window of figures: a device is asked every second, and one second says nothing.</summary>
    public static readonly TimeSpan FigureWindowMin = TimeSpan.FromSeconds(10);

    /// <summary>Longest window of figures: a release that grows slowly worse is seen within it.</summary>
    public static readonly TimeSpan FigureWindowMax = TimeSpan.FromHours(1);

    /// <summary>How long an agent runs without crashing until its start counts as clean.</summary>
    public static readonly TimeSpan CleanStartAfter = TimeSpan.FromSeconds(20);

    /// <summary>
    /// MQTT keep-alive of the device link: a server notices silence after one and a half of it, 30 s; a ping and its
    /// answer take 0.4 kB a minute each way.
    /// </summary>
    public static readonly TimeSpan LinkKeepAlive = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Longest keep-alive that a device may choose, for a radio that costs power: below a mobile network's idle
    /// timeout.
    /// </summary>
    public static readonly TimeSpan LinkKeepAliveMax = TimeSpan.FromSeconds(240);

    /// <summary>A device that is not connected and was not heard for this long is shown as stale.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(10);
}
