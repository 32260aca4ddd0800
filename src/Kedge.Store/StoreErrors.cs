using Kedge.Core.Errors;

namespace Kedge.Store;

/// <summary>What can be wrong with the store itself. Expected outcomes of a call are values, not these.</summary>
public static class StoreErrors
{
    /// <summary>Schema of a later version.</summary>
    public static readonly ErrorCode SchemaNewer = new(
        "KEDGE-STORE-001",
        "The database was written by a newer version of Kedge than this one.",
        "Start the newer version again, or restore the backup that was made before the update.");

    /// <summary>A row that cannot be read.</summary>
    public static readonly ErrorCode RowUnreadable = new(
        "KEDGE-STORE-002",
        "A row of the database holds something that Kedge never writes; only the object of that row is affected.",
        "Restore the object from a backup, or delete it and apply it again.");

    /// <summary>Damaged database.</summary>
    public static readonly ErrorCode Corrupt = new(
        "KEDGE-STORE-003",
        "The database file is damaged.",
        "Stop the server and restore the latest backup with 'kedge server restore'.");

    /// <summary>No access.</summary>
    public static readonly ErrorCode Unavailable = new(
        "KEDGE-STORE-004",
        "The database cannot be opened or reached.",
        "Check the path and its rights, or the address and credentials of PostgreSQL, and that it runs.");

    /// <summary>Disk full.</summary>
    public static readonly ErrorCode Full = new(
        "KEDGE-STORE-005",
        "The disk that holds the database or the server's content is full; what was there before is whole.",
        "Free some space: the server goes on by itself.");

    /// <summary>Backup refused.</summary>
    public static readonly ErrorCode BackupFailed = new(
        "KEDGE-STORE-006",
        "The backup was not written, or what was written failed its check.",
        "Give a path that does not exist yet, on a disk with room for a copy of the database.");

    /// <summary>Not a database of ours.</summary>
    public static readonly ErrorCode NotKedge = new(
        "KEDGE-STORE-007",
        "The file or database is not a store of Kedge.",
        "Give the path of a Kedge database, or an empty database for a new one.");

    /// <summary>Native library missing.</summary>
    public static readonly ErrorCode LibraryMissing = new(
        "KEDGE-STORE-008",
        "The SQLite library is not on this machine.",
        "Install it: apt-get install libsqlite3-0.");
}
