namespace Kedge.Store.Sqlite;

/// <summary>
/// One transaction that writes. Problem: when the disk is full, SQLite ends the transaction by itself
/// (sqlite.org/lang_transaction.html §3), and the provider's own transaction then fails on its ROLLBACK and stays on
/// the connection, which could write no more. Approach: plain statements, and the library is asked whether there is
/// anything left to roll back.
/// </summary>
internal sealed class SqliteTurn : IDisposable
{
    private readonly SqliteLine _line;

    public SqliteTurn(SqliteLine line)
    {
        _line = line;
        _line.Run("begin immediate");
    }

    public void Commit() => _line.Run("commit");

    /// <summary>Rolls back what was not committed.</summary>
    public void Dispose()
    {
        bool isOpen = SQLitePCL.raw.sqlite3_get_autocommit(_line.Connection.Handle) == 0;
        if (isOpen)
        {
            _line.Run("rollback");
        }
    }
}
