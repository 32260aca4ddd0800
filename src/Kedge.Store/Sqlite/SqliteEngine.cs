using System.Collections.Concurrent;
using Kedge.Core.Errors;
using Kedge.Store.Relational;
using Microsoft.Data.Sqlite;

namespace Kedge.Store.Sqlite;

/// <summary>
/// One SQLite file: a writer that transactions queue for, and readers beside it (write-ahead log). A commit has reached
/// the disk before it is answered (<c>synchronous = full</c>).
/// </summary>
internal sealed class SqliteEngine : IRelationalEngine
{
    private readonly string _path;
    private readonly SqliteLine _writer;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentBag<SqliteLine> _readers = [];
    private readonly RevisionSignal _signal;
    private bool _isClosed;

    public SqliteEngine(string path, SqliteLine writer, long revision, TimeProvider time)
    {
        _path = path;
        _writer = writer;
        _signal = new RevisionSignal(time);
        _signal.Publish(revision);
    }

    public SqlDialect Dialect => SqlDialect.Sqlite;

    public async ValueTask<T> ReadAsync<T>(
        Func<SqlSession, ValueTask<T>> query, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        SqliteLine? line = null;
        try
        {
            line = _readers.TryTake(out SqliteLine? free) ? free : new SqliteLine(_path, SqliteOpenMode.ReadWrite);
            return await query(new SqlSession(line.Command, Dialect, cancellationToken)).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw Translated(e);
        }
        finally
        {
            Return(line);
        }
    }

    public async ValueTask<T> WriteAsync<T>(
        Func<SqlScope, ValueTask<T>> transaction, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return await TransactAsync(transaction, cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException e)
        {
            throw Translated(e);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask<long> WaitBeyondAsync(
        long revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A commit can be read a moment before it is announced.
        if (_signal.Current < revision)
        {
            _signal.PublishAtLeast(
                await ReadAsync(session => session.RevisionAsync(), cancellationToken).ConfigureAwait(false));
        }

        return await _signal.WaitAsync(revision, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs something on the writer's connection, outside of any transaction.</summary>
    public async ValueTask UseWriterAsync(Action<SqliteLine> use, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            use(_writer);
        }
        catch (SqliteException e)
        {
            throw Translated(e);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _isClosed = true;
        while (_readers.TryTake(out SqliteLine? line))
        {
            line.Dispose();
        }

        _writer.Dispose();
        _writing.Release();
    }

    private async ValueTask<T> TransactAsync<T>(
        Func<SqlScope, ValueTask<T>> transaction, CancellationToken cancellationToken)
    {
        using SqliteTurn turn = new(_writer);
        long revision = await new SqlSession(_writer.Command, Dialect, cancellationToken)
            .RevisionAsync().ConfigureAwait(false);
        SqlScope scope = new(_writer.Command, Dialect, revision, cancellationToken);
        T outcome = await transaction(scope).ConfigureAwait(false);
        if (scope.IsGivenUp)
        {
            return outcome;
        }

        if (scope.IsMarked)
        {
            await scope.ExecuteAsync(
                "update store_state set revision = @revision", ("revision", scope.NextRevision))
                .ConfigureAwait(false);
        }

        turn.Commit();
        _signal.PublishAtLeast(scope.IsMarked ? scope.NextRevision : revision);
        return outcome;
    }

    private void Return(SqliteLine? line)
    {
        if (line is not null && _isClosed)
        {
            line.Dispose();
        }
        else if (line is not null)
        {
            _readers.Add(line);
        }
    }

    private Exception Translated(SqliteException e)
    {
        Exception known = SqliteFaults.Of(e, _path);
        return known is KedgeException
            ? known
            : new InvalidOperationException($"SQLite refused a statement on {_path}: {e.Message}", e);
    }
}
