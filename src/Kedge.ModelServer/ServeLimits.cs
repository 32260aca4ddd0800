namespace Kedge.ModelServer;

/// <summary>Limits of the model server that its configuration does not set.</summary>
internal static class ServeLimits
{
    /// <summary>Connections on the control socket at once: the agent needs one, a person with a tool another.</summary>
    internal const int ControlConnectionsMax = 8;

    /// <summary>Connections on the own HTTP socket at once: preflight, metrics, and some to spare.</summary>
    internal const int OwnConnectionsMax = 16;

    /// <summary>Connections accepted in one go before other work gets its turn.</summary>
    internal const int AcceptsAtOnce = 16;

    /// <summary>
    /// Bytes that a pooled tensor or answer may hold on to; a larger one is given back after the request.
    /// </summary>
    internal const int KeptBytesMax = 4 * 1024 * 1024;

    /// <summary>Pooled calls of one model that are kept: more than compute at once on any device of ours.</summary>
    internal const int PooledRunsMax = 32;

    /// <summary>
    /// Bytes of golden samples that are read to warm up with: larger ones take longer to read than the first request
    /// saves.
    /// </summary>
    internal const int WarmUpBytesMax = 1024 * 1024;

    /// <summary>Request line, in bytes: a model's name and version stay far below.</summary>
    internal const int RequestLineBytesMax = 2048;

    /// <summary>All headers of a request, in bytes.</summary>
    internal const int HeaderBytesMax = 16 * 1024;

    /// <summary>Headers of a request.</summary>
    internal const int HeadersMax = 64;

    /// <summary>
    /// Bytes that the first part of a long body is given; more follow as they come. Times the connections it stays
    /// below any memory limit.
    /// </summary>
    internal const int BodyBlockBytes = 64 * 1024;

    /// <summary>
    /// Bytes of a body that is read where it came in: as JSON it takes about as long as the longest quick run.
    /// </summary>
    internal const int QuickBodyBytesMax = 16 * 1024;

    /// <summary>Bytes of an answer that are given to the connection at once: what it holds before it waits.</summary>
    internal const int AnswerPieceBytes = 64 * 1024;

    /// <summary>Reads of a connection that found bytes at once before others have their turn.</summary>
    internal const int ReadsAtOnce = 32;

    /// <summary>
    /// So many times the bytes that have come are given to a long body when it needs more: who sends 64 KiB gets 1 MiB,
    /// and what lies beyond the bytes that come is not touched.
    /// </summary>
    internal const long BodyGrowth = 16;

    /// <summary>Bytes of arrays for long bodies that are kept for the next ones.</summary>
    internal const long KeptBodyBytesMax = 32 * 1024 * 1024;

    /// <summary>Bytes of a body that asks for control: settings are a few lines.</summary>
    internal const int ControlBodyBytesMax = 64 * 1024;

    /// <summary>Clients that hand shared memory over at once: as many as regions.</summary>
    internal const int MemoryConnectionsMax = 60;

    /// <summary>Traces that wait for the agent, which comes every few seconds: 1 MB at most.</summary>
    internal const int TracesMax = 1024;

    /// <summary>Requests at once on one connection of HTTP/2; more wait in the client.</summary>
    internal const int StreamsMax = 256;

    /// <summary>
    /// Bytes of a frame of HTTP/2: each is handed on by itself, so that a tensor in frames of 16 KiB takes longer. Less
    /// than what a connection may have unread, as a frame is read whole.
    /// </summary>
    internal const int FrameBytesMax = 256 * 1024;

    /// <summary>Copies of requests that wait for a comparison.</summary>
    internal const int ShadowQueueMax = 16;

    /// <summary>
    /// Bytes of the copies that wait, requests and answers together: small beside any memory limit that serves a model.
    /// One that is larger by itself is never copied.
    /// </summary>
    internal const int ShadowBytesMax = 4 * 1024 * 1024;

    /// <summary>Characters of the first difference, so that it fits a control line.</summary>
    internal const int ShadowWordsMax = 400;

    /// <summary>
    /// After a run this long its thread goes on computing and another sends the answer: to wake one takes a tenth of
    /// that, and no processor may idle meanwhile.
    /// </summary>
    internal static readonly TimeSpan LongRunTime = TimeSpan.FromMicroseconds(500);

    /// <summary>How long a client of HTTP/2 may take to hear that it is to begin no more streams.</summary>
    internal static readonly TimeSpan LeaveNoticeTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs below are computed where their request was read, as waking another thread takes a tenth of that already.
    /// </summary>
    internal static readonly TimeSpan QuickRunTime = TimeSpan.FromMicroseconds(100);

    /// <summary>How long the other model server may take for one copy.</summary>
    internal static readonly TimeSpan ShadowAnswerTime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time between two requests of a model of which values are counted, where any are: 100 a second cost less than a
    /// thousandth of a core for each tensor.
    /// </summary>
    internal static readonly TimeSpan ValuePeriodTime = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the rest of a control line may take to come.</summary>
    internal static readonly TimeSpan ControlLineTime = TimeSpan.FromSeconds(2);

    /// <summary>How long headers may take to come.</summary>
    internal static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may idle: long, since whoever keeps one open means to use it again.</summary>
    internal static readonly TimeSpan KeepAliveTime = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a connection must have idled to be closed for one that waits, when there are as many as may be.
    /// </summary>
    internal static readonly TimeSpan IdleBeforeCutTime = TimeSpan.FromSeconds(5);

    /// <summary>How often a server with as many connections as may be looks for one to close.</summary>
    internal static readonly TimeSpan CutPauseTime = TimeSpan.FromMilliseconds(100);

    /// <summary>How long requests that are being answered at the drain deadline may still take.</summary>
    internal static readonly TimeSpan LastAnswersTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a client that was told the end may take to close: what it sent meanwhile is read and dropped, so that
    /// the end is not lost. Less than <see cref="LastAnswersTime"/>.
    /// </summary>
    internal static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the models that were unloaded before may take to leave again, before it serves: nobody uses them.
    /// </summary>
    internal static readonly TimeSpan RestoreTime = TimeSpan.FromSeconds(5);

    /// <summary>How long a server that could not load its models stays to say so.</summary>
    internal static readonly TimeSpan FailedStayTime = TimeSpan.FromSeconds(30);

    /// <summary>How long letting go of a listening socket may take: one turn of a thread that was woken.</summary>
    internal static readonly TimeSpan ListenerReleaseTime = TimeSpan.FromSeconds(5);

    /// <summary>Pause after the process ran out of descriptors for a new connection.</summary>
    internal static readonly TimeSpan AcceptPauseTime = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Bytes that the answer to a copy may have. The same elements may be written shorter or longer, up to sixteen
    /// times.
    /// </summary>
    /// <param name="givenBytes">Length of the answer that was given.</param>
    internal static int ShadowAnswerMax(int givenBytes) => (givenBytes * 16) + (64 * 1024);
}
