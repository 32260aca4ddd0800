namespace Kedge.Agent;

/// <summary>Bounds of the agent, each with unit and reason.</summary>
public static class AgentLimits
{
    /// <summary>Bytes of a state file: 64 workloads with every field filled stay below it.</summary>
    public const int StateBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes kept on disk so that the ledger can still be written when everything else is full.</summary>
    public const int ReserveBytes = 512 * 1024;

    /// <summary>Bytes that fetching leaves free: logs, spool and the system need room too.</summary>
    public const long FreeBytesMin = 64L * 1024 * 1024;

    /// <summary>Bytes of one segment of the spool: what a torn end can cost to send twice.</summary>
    public const int SpoolSegmentBytes = 256 * 1024;

    /// <summary>Events that wait in the loop's mailbox: each outstanding effect and message owns at most two.</summary>
    public const int MailboxMax = 4096;

    /// <summary>Desired states that wait unhandled: only the newest matters.</summary>
    public const int DeliveriesMax = 8;

    /// <summary>Questions that are worked on or whose answers are on their way; more are dropped.</summary>
    public const int AsksMax = 4;

    /// <summary>
    /// Messages with figures on their way at once, of all workloads: together with reports and answers they stay below
    /// what the link queues.
    /// </summary>
    public const int FigureMessagesMax = 4;

    /// <summary>Looks at a comparison that may fail in a row before the device tries the release again later.</summary>
    public const int ShadowFailuresMax = 10;

    /// <summary>Windows of figures that are kept of each of the two newest releases of a workload.</summary>
    public const int WindowsPerReleaseMax = 2;

    /// <summary>Lines of a log that one question may ask for; an answer is one message in any case.</summary>
    public const int LogLinesMax = 10_000;

    /// <summary>Bytes read from the end of a log: more than one answer never carries.</summary>
    public const int LogTailBytesMax = Kedge.Core.Limits.UpMessageBytesMax;

    /// <summary>
    /// Bytes of what a model server keeps for its successor: no longer than the successor reads.
    /// </summary>
    public const int ServeStateBytesMax = Kedge.Inference.Control.ServeState.BytesMax;

    /// <summary>Logs of ended instances that are kept, the newest per workload: as many as workloads.</summary>
    public const int LastLogsMax = Kedge.Core.Limits.WorkloadsPerDeviceMax;

    /// <summary>Bytes read from a file of <c>/proc</c> or <c>/sys</c>: <c>cpuinfo</c> of 256 processors.</summary>
    public const int InventoryBytesMax = 1024 * 1024;

    /// <summary>Bytes of a model server's output file before it is cut back.</summary>
    public const long OutputBytesMax = 1024 * 1024;

    /// <summary>Bytes of a preflight answer or a scrape of a model server.</summary>
    public const int ServeAnswerBytesMax = 64 * 1024 * 1024;

    /// <summary>Bytes of the answer to enrolment, renewal and trust requests.</summary>
    public const int AnswerBytesMax = 2 * 1024 * 1024;

    /// <summary>Longest body of an answer that says no, in bytes: a sentence with its code.</summary>
    public const int RefusalBytesMax = 16 * 1024;

    /// <summary>
    /// Bytes that an attempt to fetch has to bring so that the next one follows at once: what a connection costs.
    /// </summary>
    public const int ResumeBytesMin = 4 * 1024;

    /// <summary>
    /// Bytes that must be missing of a file so that a delta is asked for: below it the questions cost what it saves.
    /// </summary>
    public const int DeltaBytesMin = 32 * 1024;

    /// <summary>
    /// Containers that one attempt begins to read of a delta: a server that is replaced makes another, one that makes
    /// another at every answer is not right.
    /// </summary>
    public const int DeltaBeginsMax = 4;

    /// <summary>Connections waiting at a workload's listener while nobody accepts: a swap under load.</summary>
    public const int ListenBacklog = 1024;

    /// <summary>Characters of the reason of a hold: one line for people.</summary>
    public const int HoldReasonCharsMax = 200;

    /// <summary>Longest hold that ends by itself, in seconds: one year.</summary>
    public const long HoldSecondsMax = 365L * 86_400;

    /// <summary>Latest time that the device's clock is believed to show, Unix milliseconds: the year 9000.</summary>
    public const long ClockMsMax = 221_845_392_000_000;

    /// <summary>Requests that the metrics and status sockets answer at once; more wait.</summary>
    public const int LocalConnectionsMax = 8;

    /// <summary>How long a model server may take to load its models: large files from slow flash.</summary>
    public static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(3);

    /// <summary>How long all golden samples of one release may take.</summary>
    public static readonly TimeSpan PreflightDeadline = TimeSpan.FromMinutes(2);

    /// <summary>How long a model server may take to answer on its control socket.</summary>
    public static readonly TimeSpan ControlDeadline = TimeSpan.FromSeconds(10);

    /// <summary>How long one run of the sandbox program may take.</summary>
    public static readonly TimeSpan SandboxDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long a process may outlive its drain deadline before it is killed.</summary>
    public static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long one request for content may take without a byte.</summary>
    public static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(60);

    /// <summary>First wait after the link ended; doubles until <see cref="LinkDelayMax"/>, jittered.</summary>
    public static readonly TimeSpan LinkDelayMin = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait between two attempts to connect.</summary>
    public static readonly TimeSpan LinkDelayMax = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt to connect may take.</summary>
    public static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often the loop looks at what only time changes: certificate, facts, output files, the reserve.
    /// </summary>
    public static readonly TimeSpan Housekeeping = TimeSpan.FromMinutes(1);

    /// <summary>How often the machine's facts are read again; they are sent when they changed.</summary>
    public static readonly TimeSpan FactsPeriod = TimeSpan.FromMinutes(10);

    /// <summary>How often an instance that has not proven itself is probed at least.</summary>
    public static readonly TimeSpan ProbePeriodOnTrial = TimeSpan.FromSeconds(5);

    /// <summary>How soon an instance that did not answer its probe is probed again.</summary>
    public static readonly TimeSpan ProbeAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of a golden sample that is kept in memory to probe with; a larger one is not used.</summary>
    public const int ProbeSampleBytesMax = 1024 * 1024;

    /// <summary>
    /// Golden samples that are tried until one agrees, where a package allows that some do not.
    /// </summary>
    public const int ProbeSamplesMax = 4;

    /// <summary>For so long after an instance began to serve it is on trial and asked for figures often.</summary>
    public static readonly TimeSpan FiguresTrial = TimeSpan.FromMinutes(10);

    /// <summary>How often an instance on trial is asked for figures: a bad release is to be seen in seconds.</summary>
    public static readonly TimeSpan FiguresPeriodOnTrial = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often an instance on trial is asked that had nothing to do: five times in the shortest window, for its
    /// memory.
    /// </summary>
    public static readonly TimeSpan FiguresPeriodIdle = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often any other instance is asked for figures, and one that did not answer is asked again.
    /// </summary>
    public static readonly TimeSpan FiguresPeriod = TimeSpan.FromSeconds(15);

    /// <summary>How often it is looked whether a release on standby has to give way to others.</summary>
    public static readonly TimeSpan MemoryPeriod = TimeSpan.FromSeconds(5);

    /// <summary>First wait after a renewal failed; doubles until an hour.</summary>
    public static readonly TimeSpan RenewDelayMin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Over how long devices spread their renewals when the intermediate that issued for them counts no more.
    /// </summary>
    public static readonly TimeSpan RenewSpread = TimeSpan.FromSeconds(10);

    /// <summary>How far ahead of the floor a clock may be and still be believed for a certificate's dates.</summary>
    public static readonly TimeSpan ClockAheadMax = TimeSpan.FromDays(366);

    /// <summary>How often a comparison with live requests is looked at.</summary>
    public static readonly TimeSpan ShadowPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How often the server is told how far a comparison is: each time is a message.</summary>
    public static readonly TimeSpan ShadowTellPeriod = TimeSpan.FromSeconds(10);

    /// <summary>How long the server is waited for while it makes a delta: 8 GiB at its slowest.</summary>
    public static readonly TimeSpan DeltaWaitMax = TimeSpan.FromMinutes(10);

    /// <summary>How often it is asked at least whether the delta is made.</summary>
    public static readonly TimeSpan DeltaPollMax = TimeSpan.FromSeconds(30);

    /// <summary>How often a fetch that waits for the server shows its neighbours that it has not ended.</summary>
    public static readonly TimeSpan BeatPeriod = TimeSpan.FromSeconds(5);

    /// <summary>How often the files of what serves are read again, unless the device is told otherwise.</summary>
    public static readonly TimeSpan VerifyEvery = TimeSpan.FromHours(24);

    /// <summary>
    /// How long reading them waits after each 128 KiB: at most 6 MiB a second, less than any flash gives.
    /// </summary>
    public static readonly TimeSpan ScrubWait = TimeSpan.FromMilliseconds(20);

    /// <summary>How soon they are read again when a repair failed.</summary>
    public static readonly TimeSpan RepairPeriod = TimeSpan.FromMinutes(10);
}
