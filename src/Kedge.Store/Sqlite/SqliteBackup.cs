using Microsoft.Data.Sqlite;

namespace Kedge.Store.Sqlite;

/// <summary>Copies a database page by page while it is open (sqlite.org/backup.html).</summary>
internal static class SqliteBackup
{
    /// <summary>The copy is one plain file: it needs no write-ahead log beside it.</summary>
    public static void Copy(SqliteLine source, string path)
    {
        using SqliteLine target = new(path, SqliteOpenMode.ReadWriteCreate);
        source.Connection.BackupDatabase(target.Connection);
        target.Run("pragma journal_mode = delete");
    }

    public static void Remove(string path)
    {
        foreach (string suffix in (string[])["", "-wal", "-shm", "-journal"])
        {
            if (File.Exists(path + suffix))
            {
                File.Delete(path + suffix);
            }
        }
    }
}
