using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Store.Relational;
using Microsoft.Data.Sqlite;

namespace Kedge.Store.Sqlite;

/// <summary>
/// The store of one server, in one file. A crash at any time leaves what was committed, whole. One process writes to it
/// at a time; <see cref="BackupAsync"/> copies it while it is in use.
/// </summary>
public sealed class SqliteStore : RelationalStore
{
    private readonly SqliteEngine _engine;

    private SqliteStore(SqliteEngine engine)
        : base(engine) => _engine = engine;

    /// <summary>
    /// Opens the file, creates it where there is none, and brings it to the schema of this version. Throws
    /// <see cref="KedgeException"/> with a code of <see cref="StoreErrors"/> when it cannot.
    /// </summary>
    /// <param name="path">Path of the file, in a folder that exists. Beside it lie <c>-wal</c> and <c>-shm</c>.</param>
    /// <param name="time">Runs the timeout of <c>WaitBeyondAsync</c>.</param>
    public static SqliteStore Open(string path, TimeProvider time)
    {
        SqliteLibrary.EnsureBound();
        SqliteLine? writer = null;
        try
        {
            writer = new SqliteLine(path, SqliteOpenMode.ReadWriteCreate);
            writer.Run("pragma journal_mode = wal");
            writer.Run("pragma synchronous = full");
            SqliteMigrations.Run(writer, path);
            long revision = long.Parse(
                writer.Text("select revision from store_state"), CultureInfo.InvariantCulture);
            return new SqliteStore(new SqliteEngine(path, writer, revision, time));
        }
        catch (SqliteException e)
        {
            writer?.Dispose();
            throw SqliteFaults.Of(e, path);
        }
        catch (KedgeException)
        {
            writer?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies the store, as it is at one commit, to a new file and checks the copy. Commits wait while it is copied.
    /// </summary>
    /// <param name="path">Path of the copy; must not exist. A failed copy is removed again.</param>
    /// <param name="cancellationToken">Ends the wait for the writer; a copy that has begun is finished.</param>
    public async ValueTask BackupAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            throw new KedgeException(StoreErrors.BackupFailed, $"{path} exists");
        }

        await _engine.UseWriterAsync(
            writer =>
            {
                try
                {
                    SqliteBackup.Copy(writer, path);
                }
                catch (SqliteException e)
                {
                    SqliteBackup.Remove(path);
                    throw new KedgeException(StoreErrors.BackupFailed, $"{path}: {e.Message}", e);
                }
            },
            cancellationToken).ConfigureAwait(false);

        if (CheckFile(path) is { Length: > 0 } finding)
        {
            SqliteBackup.Remove(path);
            throw new KedgeException(StoreErrors.BackupFailed, $"{path}: {finding}");
        }
    }

    /// <summary>
    /// Copies a store that another process may have open, as it is at one commit, to a new file and checks the copy.
    /// Nothing in the store is changed: its schema stays what it is.
    /// </summary>
    /// <param name="from">Path of the store.</param>
    /// <param name="to">Path of the copy; must not exist. A failed copy is removed again.</param>
    public static void CopyFile(string from, string to)
    {
        if (File.Exists(to))
        {
            throw new KedgeException(StoreErrors.BackupFailed, $"{to} exists");
        }

        SqliteLibrary.EnsureBound();
        string finding;
        try
        {
            using (SqliteLine line = new(from, SqliteOpenMode.ReadWrite))
            {
                SqliteBackup.Copy(line, to);
            }

            finding = CheckFile(to);
        }
        catch (SqliteException e)
        {
            finding = e.Message;
        }

        if (finding.Length > 0)
        {
            SqliteBackup.Remove(to);
            throw new KedgeException(StoreErrors.BackupFailed, $"{from}: {finding}");
        }
    }

    /// <summary>
    /// Reads a whole file that no server has open and says what is wrong with it; empty when nothing is. A restore
    /// checks the backup by it before it takes it.
    /// </summary>
    public static string CheckFile(string path)
    {
        SqliteLibrary.EnsureBound();
        try
        {
            using SqliteLine line = new(path, SqliteOpenMode.ReadOnly);
            string found = line.Text("pragma integrity_check");
            return found == "ok" ? SqliteMigrations.OwnerFinding(line) : found;
        }
        catch (SqliteException e)
        {
            return e.Message;
        }
    }
}
