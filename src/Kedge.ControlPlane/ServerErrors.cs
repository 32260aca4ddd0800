using Kedge.Core.Errors;

namespace Kedge.ControlPlane;

/// <summary>What can keep the control plane from starting or from doing its work.</summary>
public static class ServerErrors
{
    /// <summary>Options wrong.</summary>
    public static readonly ErrorCode Options = new(
        "KEDGE-SERVER-001",
        "The server's options are not all valid, so it did not start.",
        "Mend every option that the message lists.");

    /// <summary>Data folder in use.</summary>
    public static readonly ErrorCode InUse = new(
        "KEDGE-SERVER-002",
        "Another server works on the same data folder.",
        "Stop the other server, or give this one a folder of its own with --data.");

    /// <summary>Keys missing.</summary>
    public static readonly ErrorCode KeysMissing = new(
        "KEDGE-SERVER-003",
        "The data folder holds some of the server's keys but not all: it is damaged or was copied in part.",
        "Restore the folder from a backup that includes keys; without them devices must enrol again.");

    /// <summary>Address taken.</summary>
    public static readonly ErrorCode AddressTaken = new(
        "KEDGE-SERVER-004",
        "The server cannot listen on an address that it was given.",
        "Find who uses the port with 'ss -ltnp', or give another with --listen or --link-listen.");

    /// <summary>Backup unreadable.</summary>
    public static readonly ErrorCode BadBackup = new(
        "KEDGE-SERVER-005",
        "The backup is damaged, cut short or from another kind of store.",
        "Nothing was restored. Use another backup.");

    /// <summary>Folder not empty.</summary>
    public static readonly ErrorCode NotEmpty = new(
        "KEDGE-SERVER-006",
        "The folder to restore into is not empty.",
        "Give a folder that does not exist or is empty.");

    /// <summary>Plan refused by the second opinion.</summary>
    public static readonly ErrorCode PlanRefused = new(
        "KEDGE-SERVER-007",
        "A plan broke a rule that every desired state must keep, so it was not sent.",
        "The device keeps what it runs. Read the finding; if no deployment explains it, report it as a bug.");

    /// <summary>Owner folder holds other keys.</summary>
    public static readonly ErrorCode OwnerFolder = new(
        "KEDGE-SERVER-008",
        "The owner's folder already holds keys of another server.",
        "Give another folder with --owner; never overwrite owner keys.");

    /// <summary>Desired key not certified.</summary>
    public static readonly ErrorCode DesiredKey = new(
        "KEDGE-SERVER-009",
        "The key that signs desired states is not in the list that the owner certified: devices would refuse them.",
        "Sign a list with the key by 'kedge server keys' with the owner's folder at hand, and put it to the server.");

    /// <summary>Desired state too large.</summary>
    public static readonly ErrorCode DesiredTooLarge = new(
        "KEDGE-SERVER-010",
        "The desired state of a device is larger than one message of the link.",
        "The device keeps what it runs. Deploy less to it.");

    /// <summary>PostgreSQL and backup.</summary>
    public static readonly ErrorCode BackupByDatabase = new(
        "KEDGE-SERVER-011",
        "A server over PostgreSQL does not back the database up itself.",
        "Back up the database with pg_dump and the data folder with any tool; restore both.");

    /// <summary>Root key of another server.</summary>
    public static readonly ErrorCode OtherRoot = new(
        "KEDGE-SERVER-012",
        "The root key is not the one of this server's authority.",
        "Name root.key of the owner's folder that this server's first start wrote, with --root-key.");

    /// <summary>Trust bundle unusable.</summary>
    public static readonly ErrorCode BadBundle = new(
        "KEDGE-SERVER-013",
        "The trust bundle is damaged, of another authority, or names another intermediate than the folder has.",
        "Copy trust-bundle, intermediate.crt and intermediate.key together from the replica or backup that has all.");

    /// <summary>A difference failed.</summary>
    public static readonly ErrorCode DeltaFailed = new(
        "KEDGE-SERVER-014",
        "The server could not compute the difference between two files.",
        "Devices fetch chunks instead; it is tried again after ten minutes. Look at the server's log for the reason.");

    /// <summary>Content lost.</summary>
    public static readonly ErrorCode ContentLost = new(
        "KEDGE-SERVER-015",
        "A chunk of a stored package is missing or damaged on the server's disk.",
        "Push the package again: what is missing is uploaded, nothing else. Then look at the disk.");

    /// <summary>A difference would be of no use.</summary>
    public static readonly ErrorCode DeltaUseless = new(
        "KEDGE-SERVER-016",
        "The difference between two files is not smaller than the chunks that a device would fetch instead.",
        "None: devices fetch chunks.");

    /// <summary>No room for a difference.</summary>
    public static readonly ErrorCode DeltaRoom = new(
        "KEDGE-SERVER-017",
        "The server's disk has no room for the difference between two files.",
        "Devices fetch chunks instead. Make room, or collect what nothing names with POST /api/v1/gc.");

    /// <summary>Differences turned off.</summary>
    public static readonly ErrorCode DeltasOff = new(
        "KEDGE-SERVER-018",
        "This server computes no differences: its options give them no room.",
        "None: devices fetch chunks. Start the server with a --delta-max above 0 to have them.");
}
