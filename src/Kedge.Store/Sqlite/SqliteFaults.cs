using Kedge.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Kedge.Store.Sqlite;

/// <summary>Says in our words what SQLite reports. Result codes: sqlite.org/rescode.html.</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>The error that the user can look up; the exception itself when it is a bug of ours.</summary>
    public static Exception Of(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        Corrupt => new KedgeException(StoreErrors.Corrupt, path, e),
        Full => new KedgeException(StoreErrors.Full, path, e),
        NotADatabase => new KedgeException(StoreErrors.NotKedge, path, e),
        Busy or Locked or ReadOnly or IoError or CannotOpen => new KedgeException(StoreErrors.Unavailable, path, e),
        _ => e,
    };
}
