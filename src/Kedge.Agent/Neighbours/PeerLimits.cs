namespace Kedge.Agent.Neighbours;

/// <summary>Bounds of what devices of one site do with each other, each with unit and reason.</summary>
internal static class PeerLimits
{
    /// <summary>Connections of others that are open at once: each costs some 60 KB.</summary>
    internal const int ConnectionsMax = 16;

    /// <summary>Connections of one device that are open at once: one while another ends.</summary>
    internal const int ConnectionsPerDeviceMax = 2;

    /// <summary>
    /// Connections to others that are kept for the next question: the sources of one file and its leader.
    /// </summary>
    internal const int KeptMax = 4;

    /// <summary>Devices that are asked at the same time.</summary>
    internal const int AskedAtOnceMax = 8;

    /// <summary>Bytes of the head of a request: a path with two digests, and some headers.</summary>
    internal const int HeadBytesMax = 4 * 1024;

    /// <summary>Whole files that a device remembers to have: some for each of its workloads' models.</summary>
    internal const int WholeFilesMax = 4096;

    /// <summary>How many answers with content are read from the disk at once.</summary>
    internal const int BodiesMax = 4;

    /// <summary>Bytes that are read and sent at once: a chunk.</summary>
    internal const int PieceBytes = Core.Models.ModelLimits.ChunkBytesMax;

    /// <summary>
    /// The lowest bound of what others may take, in bytes per second: a chunk does not wait longer than a second then.
    /// </summary>
    internal const long LimitMin = 256 * 1024;

    /// <summary>How long an answer may wait for its turn under that bound; then others are to be asked.</summary>
    internal static readonly TimeSpan TurnMax = TimeSpan.FromSeconds(5);

    /// <summary>How long a handshake, or a request once it began, may take.</summary>
    internal static readonly TimeSpan HeadDeadline = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be open without a request.</summary>
    internal static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection to another device is kept: less than it leaves it open.</summary>
    internal static readonly TimeSpan KeptTime = TimeSpan.FromSeconds(8);

    /// <summary>How long a connection must have been without a request to give its place to another device.</summary>
    internal static readonly TimeSpan YieldAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>How long one answer may take to be taken: a piece at 8 KB/s.</summary>
    internal static readonly TimeSpan TakeDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection to another device may take: it is on the same network.</summary>
    internal static readonly TimeSpan DialDeadline = TimeSpan.FromSeconds(2);

    /// <summary>How long another device may take to say what it has.</summary>
    internal static readonly TimeSpan OfferDeadline = TimeSpan.FromSeconds(3);

    /// <summary>How long a chunk of another device may take: slower ones are of no use.</summary>
    internal static readonly TimeSpan ChunkDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long an envelope of another device may take: it has up to 22 MB.</summary>
    internal static readonly TimeSpan EnvelopeDeadline = TimeSpan.FromMinutes(2);

    /// <summary>How long a device that lied is left out.</summary>
    internal static readonly TimeSpan LiarTime = TimeSpan.FromHours(1);

    /// <summary>How long a device that did not answer twice is not asked; doubles four times.</summary>
    internal static readonly TimeSpan AwayTime = TimeSpan.FromSeconds(4);

    /// <summary>How often the server is asked for the roster.</summary>
    internal static readonly TimeSpan RosterPeriod = TimeSpan.FromMinutes(10);

    /// <summary>How old the roster may be when the next file of a package is looked for.</summary>
    internal static readonly TimeSpan RosterFresh = TimeSpan.FromMinutes(1);

    /// <summary>How often the server is asked at most because of devices that are not in the roster.</summary>
    internal static readonly TimeSpan RosterAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long a device that is not in the roster is refused without asking the server again.</summary>
    internal static readonly TimeSpan StrangerTime = TimeSpan.FromSeconds(30);

    /// <summary>How long the server may take to answer with it; without it the last one counts.</summary>
    internal static readonly TimeSpan RosterDeadline = TimeSpan.FromSeconds(5);

    /// <summary>How often those who would lead are asked again while others are being followed.</summary>
    internal static readonly TimeSpan RoundPeriod = TimeSpan.FromSeconds(10);

    /// <summary>
    /// For how long the certificate of a device that the roster names counts after its end: a site that is cut off
    /// cannot renew.
    /// </summary>
    internal static readonly TimeSpan CertificateGrace = TimeSpan.FromDays(30);
}
