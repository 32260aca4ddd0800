namespace Kedge.Core.Manifests;

/// <summary>Bounds of a manifest, each with unit and reason. What exceeds one is refused before it is read further.
/// Size and number of documents stand in <see cref="Limits"/>.</summary>
public static class ManifestLimits
{
    /// <summary>Mappings and sequences within each other: the deepest field of any kind is at 6.</summary>
    public const int DepthMax = 24;

    /// <summary>Values in the whole text: 256 documents with 200 values each.</summary>
    public const int NodesMax = 50_000;

    /// <summary>Findings that are listed; a text with more is hardly a manifest.</summary>
    public const int FindingsMax = 100;

    /// <summary>Characters of a free text, as a description or reason.</summary>
    public const int TextCharsMax = 1_024;

    /// <summary>Characters of a signed envelope: base64 of a policy with a thousand keys.</summary>
    public const int EnvelopeCharsMax = 512 * 1024;

    /// <summary>Characters of a public key in base64: RSA of 8,192 bits.</summary>
    public const int PublicKeyCharsMax = 2_048;

    /// <summary>
    /// Rules of one signing policy: one for each key that a team holds, with those that were revoked.
    /// </summary>
    public const int PolicyRulesMax = 256;

    /// <summary>Patterns of model names in one policy rule.</summary>
    public const int PolicyModelsMax = 64;

    /// <summary>Tags of one model set by one manifest.</summary>
    public const int TagsMax = 64;

    /// <summary>Characters of a tag.</summary>
    public const int TagCharsMax = 63;

    /// <summary>Characters of a list of processors: 1,024 processors written one by one.</summary>
    public const int CpuSetCharsMax = 4_096;

    /// <summary>Highest number of a processor in a list: Linux is built for up to 8,192.</summary>
    public const int CpuIndexMax = 8_191;

    /// <summary>Smallest memory limit in bytes: below it no model server starts.</summary>
    public const long MemoryLimitBytesMin = 16L * Limits.MiB;

    /// <summary>Smallest memory request in bytes.</summary>
    public const long MemoryRequestBytesMin = 1L * Limits.MiB;

    /// <summary>Largest memory figure in bytes: 16 TiB, beyond any machine that is meant.</summary>
    public const long MemoryBytesMax = 16L * 1024 * 1024 * Limits.MiB;

    /// <summary>Smallest CPU figure in thousandths of a core: the kernel's smallest quota is 1 ms of 100 ms.</summary>
    public const int CpuMilliMin = 10;

    /// <summary>Largest CPU figure in thousandths of a core: 1,024 cores.</summary>
    public const int CpuMilliMax = 1_024_000;

    /// <summary>Fewest processes and threads: below it no model server starts.</summary>
    public const int PidsMin = 8;

    /// <summary>Most processes and threads.</summary>
    public const int PidsMax = 65_536;

    /// <summary>Most uses of one enrolment token: a batch of devices from one image.</summary>
    public const int TokenUsesMax = 100_000;

    /// <summary>Shortest life of an enrolment token.</summary>
    public static readonly TimeSpan TokenLifetimeMin = TimeSpan.FromMinutes(1);

    /// <summary>Longest life of an enrolment token: longer and it is a password.</summary>
    public static readonly TimeSpan TokenLifetimeMax = TimeSpan.FromDays(365);

    /// <summary>Gates on times of answers: one for each quantile that people look at.</summary>
    public const int LatencyGatesMax = 4;

    /// <summary>Answers that a gate may ask for before a wave passes.</summary>
    public const int GateRequestsMax = 100_000_000;

    /// <summary>Longest time of an answer that a gate can name, in microseconds: one hour.</summary>
    public const long GateMicrosecondsMax = 3_600_000_000;

    /// <summary>Most times as much as before that a gate can allow, in thousandths.</summary>
    public const int GateRatioPermilleMax = 100_000;

    /// <summary>Restarts that a gate can allow on one device.</summary>
    public const int GateRestartsMax = 1_000;

    /// <summary>Fewest requests by which drift can be judged: the bounds hold for many.</summary>
    public const int DriftRequestsMin = 100;

    /// <summary>Largest index of drift that a gate can name, in thousandths: nothing is farther apart.</summary>
    public const int DriftPermilleMax = 10_000;

    /// <summary>Degrees Celsius that a gate can name: silicon ends its work well below.</summary>
    public const int GateCelsiusMax = 150;

    /// <summary>Shortest window of figures in seconds: a device tells them every second at most.</summary>
    public const int GateWindowSecondsMin = 10;

    /// <summary>Longest window of figures in seconds.</summary>
    public const int GateWindowSecondsMax = 3_600;

    /// <summary>Waves that are listed: with each three times the one before, 16 reach ten million devices.</summary>
    public const int WavesMax = 16;

    /// <summary>Kinds of groups with a budget: site, store, line and a few more.</summary>
    public const int BudgetsMax = 8;

    /// <summary>Devices of one group that serve at any time.</summary>
    public const int BudgetMinServingMax = 100_000;

    /// <summary>Devices that may fail: more is no rollout that is judged.</summary>
    public const int FailuresMax = 10_000;

    /// <summary>Seconds of a soak: four weeks.</summary>
    public const int SoakSecondsMax = 28 * 86_400;

    /// <summary>Seconds of a deadline: one year.</summary>
    public const int DeadlineSecondsMax = 365 * 86_400;
}
