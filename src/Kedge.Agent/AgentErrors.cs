using Kedge.Core.Errors;

namespace Kedge.Agent;

/// <summary>Errors of the agent itself.</summary>
public static class AgentErrors
{
    /// <summary>Another agent holds the data folder.</summary>
    public static readonly ErrorCode AlreadyRunning = new(
        "KEDGE-AGENT-001",
        "Another agent already runs on this data folder.",
        "Stop it first, or give this one a folder of its own with --data.");

    /// <summary>Not enrolled.</summary>
    public static readonly ErrorCode NotEnrolled = new(
        "KEDGE-AGENT-002",
        "This data folder does not belong to an enrolled device.",
        "Run kedge-agent enroll --token TOKEN with the same --data.");

    /// <summary>Enrolled already.</summary>
    public static readonly ErrorCode AlreadyEnrolled = new(
        "KEDGE-AGENT-003",
        "This data folder belongs to a device that is enrolled already.",
        "Use another folder with --data, or remove this one after the device was deleted.");

    /// <summary>The command line cannot be understood.</summary>
    public static readonly ErrorCode Usage = new(
        "KEDGE-AGENT-004",
        "The command line cannot be understood.",
        "See kedge-agent --help.");

    /// <summary>The configuration file is not right.</summary>
    public static readonly ErrorCode BadConfig = new(
        "KEDGE-AGENT-005",
        "The file agent.json in the data folder cannot be used.",
        "Mend the field that the message names, or remove the file to run with defaults.");

    /// <summary>The token is not one.</summary>
    public static readonly ErrorCode BadToken = new(
        "KEDGE-AGENT-006",
        "The enrolment token cannot be read.",
        "Copy the whole token as `kedge` printed it; it starts with kedge-enrol-v1.");

    /// <summary>The server refused the enrolment.</summary>
    public static readonly ErrorCode EnrolRefused = new(
        "KEDGE-AGENT-007",
        "The server did not enrol this device.",
        "The message says why; a token is good for a limited time and number of devices.");

    /// <summary>The server is not the one the token names.</summary>
    public static readonly ErrorCode WrongAuthority = new(
        "KEDGE-AGENT-008",
        "The server's certificate does not come from the authority that was pinned.",
        "Check the address; if the server was set up anew, make a new token and enrol again.");

    /// <summary>Nobody answers.</summary>
    public static readonly ErrorCode Unreachable = new(
        "KEDGE-AGENT-009",
        "The server could not be reached.",
        "Check address, firewall and name resolution; the agent tries again by itself.");

    /// <summary>Content is missing at the source.</summary>
    public static readonly ErrorCode ContentMissing = new(
        "KEDGE-AGENT-010",
        "The server does not have content that this device is to run.",
        "Push the package again; the device tries again by itself.");

    /// <summary>Content arrived changed.</summary>
    public static readonly ErrorCode ContentChanged = new(
        "KEDGE-AGENT-011",
        "Content arrived or was found with another digest than its name says.",
        "It was thrown away. If it happens again, look at the server's store and at this device's disk.");

    /// <summary>A package was refused.</summary>
    public static readonly ErrorCode PackageRefused = new(
        "KEDGE-AGENT-012",
        "A package may not run on this device: its signature or the signing policy forbids it.",
        "Sign it with a key that the fleet's signing policy allows, or change the policy with the owner key.");

    /// <summary>The package lacks the variant.</summary>
    public static readonly ErrorCode VariantMissing = new(
        "KEDGE-AGENT-013",
        "A package does not have the variant that was chosen for this device.",
        "Apply the deployment again; if it stays, server and package disagree.");

    /// <summary>Not enough disk for content.</summary>
    public static readonly ErrorCode DiskFull = new(
        "KEDGE-AGENT-014",
        "There is not enough room on the device's disk.",
        "Free some space; what runs goes on, and the device tries again by itself.");

    /// <summary>The disk failed.</summary>
    public static readonly ErrorCode DiskFailed = new(
        "KEDGE-AGENT-015",
        "The device's disk does not do what it is asked.",
        "Look at permissions, mount options and the kernel's log; what runs goes on.");

    /// <summary>The certificate ran out.</summary>
    public static readonly ErrorCode CertificateExpired = new(
        "KEDGE-AGENT-016",
        "The device's certificate has expired.",
        "The device renews it by itself with its enrolled key; if that is refused, the device was revoked.");

    /// <summary>The trust documents are not good.</summary>
    public static readonly ErrorCode TrustRefused = new(
        "KEDGE-AGENT-017",
        "A trust document was not signed by the pinned owner key, or is older than the one held.",
        "The device keeps what it holds. Find out who serves such documents.");

    /// <summary>The clock is wrong.</summary>
    public static readonly ErrorCode ClockWrong = new(
        "KEDGE-AGENT-018",
        "The device's clock is before the last time that the device knows of, or far ahead of it.",
        "Set the clock, or give the device a time server; until then dates are judged by the last known time.");

    /// <summary>No agent answers.</summary>
    public static readonly ErrorCode NotRunning = new(
        "KEDGE-AGENT-019",
        "No agent runs on this data folder.",
        "Start it with kedge-agent run, or systemctl start kedge-agent.");

    /// <summary>A program that the agent needs is missing.</summary>
    public static readonly ErrorCode ProgramMissing = new(
        "KEDGE-AGENT-020",
        "The model server or its runtime library was not found.",
        "Install the kedge-agent package whole, or name them with --serve and --runtime-library.");

    /// <summary>It was stopped on purpose.</summary>
    public static readonly ErrorCode Stopped = new(
        "KEDGE-AGENT-021",
        "An instance was stopped by the agent.",
        "Nothing to do: the events before it say why.");

    /// <summary>The agent's own socket or port is taken.</summary>
    public static readonly ErrorCode LocalSocket = new(
        "KEDGE-AGENT-022",
        "The agent's own socket or metrics port could not be opened.",
        "Give another --metrics-port, or a data folder with a shorter path.");

    /// <summary>A workload has no log.</summary>
    public static readonly ErrorCode NoLog = new(
        "KEDGE-AGENT-023",
        "A device has no log of that workload: it is not there, or has not run since the device started.",
        "See what runs there with kedge get endpoints, and why not with kedge events.");

    /// <summary>A log cannot be read.</summary>
    public static readonly ErrorCode LogUnreadable = new(
        "KEDGE-AGENT-024",
        "The log of a workload is there and cannot be read.",
        "Look at the device's run folder; a model server that replaces its log by something else is not followed.");

    /// <summary>A trust bundle goes back.</summary>
    public static readonly ErrorCode BundleOlder = new(
        "KEDGE-AGENT-025",
        "A trust bundle is older than the one that the device holds, or has its version and other content.",
        "The device keeps what it holds. Start the server on its newest trust-bundle; find out who serves old ones.");

    /// <summary>A trust bundle is not good.</summary>
    public static readonly ErrorCode BundleRefused = new(
        "KEDGE-AGENT-026",
        "A trust bundle was not signed by the pinned root, has ended, or cannot be read.",
        "The device keeps what it holds. Find out who serves it; kedge server rotate-intermediate makes a new one.");

    /// <summary>A hold was not taken.</summary>
    public static readonly ErrorCode HoldNotTaken = new(
        "KEDGE-AGENT-027",
        "The device could not be held or released: it stays as it was.",
        "The message says why. An agent older than this command has to be restarted first.");

    /// <summary>The store's own bound is reached.</summary>
    public static readonly ErrorCode QuotaFull = new(
        "KEDGE-AGENT-028",
        "The content that this device is to run does not fit in what it may keep (contentBytesMax).",
        "Raise contentBytesMax in agent.json, or ask this device for less; what runs goes on.");

    /// <summary>The source breaks the protocol.</summary>
    public static readonly ErrorCode SourceWrong = new(
        "KEDGE-AGENT-029",
        "A server's answer with content does not fit what was asked for.",
        "Nothing of it was taken. Look at what stands between device and server; the device tries again by itself.");

    /// <summary>A delta is not right.</summary>
    public static readonly ErrorCode DeltaWrong = new(
        "KEDGE-AGENT-030",
        "A delta did not give the file that it was asked for.",
        "The device took what was right of it and fetches the rest chunk by chunk. Look at the server's store.");

    /// <summary>A file was found damaged.</summary>
    public static readonly ErrorCode ContentDamaged = new(
        "KEDGE-AGENT-031",
        "A file of a model was found damaged on the device's disk.",
        "The damaged chunks are fetched again; what runs goes on. If it happens again, replace the disk.");
}
