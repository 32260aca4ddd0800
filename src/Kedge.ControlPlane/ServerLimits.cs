using Kedge.Core;

namespace Kedge.ControlPlane;

/// <summary>Bounds of the control plane, each with its unit and reason.</summary>
public static class ServerLimits
{
    /// <summary>Body of a JSON call that has no limit of its own, in bytes.</summary>
    public const int JsonBytesMax = 1 * Limits.MiB;

    /// <summary>Body of an enrolment or renewal, in bytes: a request and a certificate.</summary>
    public const int EnrolBytesMax = 64 * Limits.KiB;

    /// <summary>Longest enrolment token, in characters.</summary>
    public const int TokenCharsMax = 2 * Limits.KiB;

    /// <summary>Longest bearer token, in characters.</summary>
    public const int BearerCharsMax = 256;

    /// <summary>Digests in one question about chunks.</summary>
    public const int ChunkQueryMax = 4096;

    /// <summary>Watches open at one time: each holds what it has sent.</summary>
    public const int WatchesMax = 256;

    /// <summary>Events that a watch sends at its start.</summary>
    public const int WatchEventsMax = 200;

    /// <summary>Connections of the device link that are in their handshake at one time.</summary>
    public const int HandshakesMax = 256;

    /// <summary>Log lines that one call may ask of a device.</summary>
    public const int LogLinesMax = 10_000;

    /// <summary>Questions to devices that wait for an answer at one time.</summary>
    public const int HandsPendingMax = 64;

    /// <summary>Devices whose message is on its way at one time: bounds memory and the burst on the network.</summary>
    public const int SendsInFlightMax = 512;

    /// <summary>
    /// Folders of chunks, of 256, in which one round of housekeeping looks for files that the index does not know: a
    /// day's rounds see all of them.
    /// </summary>
    public const int SweptFoldersPerRound = 11;

    /// <summary>Envelopes of packages that are kept compressed in memory, a count.</summary>
    public const int CodedEnvelopesMax = 8;

    /// <summary>Packages of one model, the newest first, in which a device's base is looked for.</summary>
    public const int BasePackagesMax = 64;

    /// <summary>Differences that wait to be computed; one is computed at a time.</summary>
    public const int DeltaQueueMax = 32;

    /// <summary>Pairs of files remembered for which there is no difference to be had, a count.</summary>
    public const int DeltaRefusalsMax = 4096;

    /// <summary>
    /// What a device lacks, in bytes, below which no difference is computed: a chunk or two come as fast.
    /// </summary>
    public const int DeltaFloorBytes = 4 * Limits.KiB;

    /// <summary>Disk that a difference leaves free, in bytes: the store and uploads need it.</summary>
    public const long DeltaDiskReserveBytes = 256L * Limits.MiB;

    /// <summary>Chunks of one file that are kept in memory while a difference is computed: 8 MiB.</summary>
    public const int DeltaChunksHeld = 32;

    /// <summary>Packages whose manifests are kept parsed in memory, a count.</summary>
    public const int ManifestCacheMax = 256;

    /// <summary>
    /// Rows of figures that wait to be saved at one time: what thousands of devices tell within a second.
    /// </summary>
    public const int FiguresWaitingMax = 20_000;

    /// <summary>Longest wait for the TLS handshake of the device link.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Period of loops that nothing has woken.</summary>
    public static readonly TimeSpan LoopPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Wait after a failed run of a loop: a broken database is not hammered.</summary>
    public static readonly TimeSpan LoopPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait for a device's answer to a question.</summary>
    public static readonly TimeSpan HandsTimeout = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often what a person asks of a rollout is tried again when plans come in between: a plan takes milliseconds.
    /// </summary>
    public const int RolloutAttemptsMax = 16;

    /// <summary>How often last-seen times go to the store.</summary>
    public static readonly TimeSpan TouchPeriod = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Pause between two transactions that save figures: well below the second in which they are told.
    /// </summary>
    public static readonly TimeSpan FiguresPause = TimeSpan.FromMilliseconds(250);

    /// <summary>How old the figures of a rollout may be that a person looks at.</summary>
    public static readonly TimeSpan FiguresAgeMax = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How often rosters of sites are made from all devices: one that was deleted is in none after that.
    /// </summary>
    public static readonly TimeSpan RosterReadPeriod = TimeSpan.FromSeconds(30);

    /// <summary>How long an uploaded chunk waits for its package: a push over a slow line takes hours.</summary>
    public static readonly TimeSpan UnusedChunkAge = TimeSpan.FromDays(1);

    /// <summary>
    /// How long the record of an expired certificate is kept: a revoked one must not renew meanwhile.
    /// </summary>
    public static readonly TimeSpan CertificateRecordAge = TimeSpan.FromDays(400);

    /// <summary>
    /// How long a device that asks for a difference waits for it in its call: small models are done within it.
    /// </summary>
    public static readonly TimeSpan DeltaWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Longest computation of one difference: 8 GiB, the longest package, at 5 MB/s; then devices take chunks.
    /// </summary>
    public static readonly TimeSpan DeltaTimeMax = TimeSpan.FromMinutes(30);

    /// <summary>Longest wait that a device is asked for while a difference is computed.</summary>
    public static readonly TimeSpan DeltaRetryMax = TimeSpan.FromSeconds(60);

    /// <summary>How long a pair is left alone whose difference was not smaller than its chunks.</summary>
    public static readonly TimeSpan DeltaUselessFor = TimeSpan.FromHours(24);

    /// <summary>How long a pair is left alone whose computation failed: a full disk, a damaged chunk, a bug.</summary>
    public static readonly TimeSpan DeltaFailedFor = TimeSpan.FromMinutes(10);

    /// <summary>Answers with content to one device of a paced site at one time: what broke off may linger.</summary>
    public const int PaceAnswersMax = 4;

    /// <summary>
    /// Longest wait for a turn on the line of a paced site: well below the time that a device waits for a byte.
    /// </summary>
    public static readonly TimeSpan PaceWaitMax = TimeSpan.FromSeconds(40);

    /// <summary>When a device asks again whose site's line has too many answers under way.</summary>
    public static readonly TimeSpan PaceRetry = TimeSpan.FromSeconds(5);

    /// <summary>How often unused things are looked for.</summary>
    public static readonly TimeSpan HousekeepingPeriod = TimeSpan.FromHours(1);

    /// <summary>Longest drain at shutdown.</summary>
    public static readonly TimeSpan ShutdownDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Life of the root.</summary>
    public static readonly TimeSpan RootLifetime = TimeSpan.FromDays(20 * 365);

    /// <summary>Life of the intermediate.</summary>
    public static readonly TimeSpan IntermediateLifetime = TimeSpan.FromDays(5 * 365);

    /// <summary>Life of the server's certificate; renewed when a third of it is left.</summary>
    public static readonly TimeSpan ServerCertificateLifetime = TimeSpan.FromDays(90);

    /// <summary>How far certificates reach back, for devices whose clock is slow.</summary>
    public static readonly TimeSpan CertificateBackdate = TimeSpan.FromHours(1);
}
