using Kedge.Store.Relational;
using Npgsql;

namespace Kedge.Store.Postgres;

/// <summary>
/// A PostgreSQL database that many replicas use. Whoever changes something locks the one row of the revision first:
/// changes follow one another, the revision grows in the order of the commits, and no two transactions can wait for
/// each other. Reads take no lock.
/// </summary>
internal sealed class PostgresEngine : IRelationalEngine
{
    private const string SaveRevision = """
        update store_state set revision = @revision;
        select pg_notify(@channel, @text)
        """;

    private readonly NpgsqlDataSource _source;
    private readonly RevisionSignal _signal;
    private readonly PostgresListener _listener;

    public PostgresEngine(NpgsqlDataSource source, TimeProvider time)
    {
        _source = source;
        _signal = new RevisionSignal(time);
        _listener = new PostgresListener(source, _signal, time);
    }

    public SqlDialect Dialect => SqlDialect.Postgres;

    public async ValueTask<T> ReadAsync<T>(
        Func<SqlSession, ValueTask<T>> query, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                SqlSession session = new(sql => new NpgsqlCommand(sql, connection), Dialect, cancellationToken);
                return await query(session).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresFaults.IsFault(e))
        {
            throw PostgresFaults.Of(e);
        }
    }

    public async ValueTask<T> WriteAsync<T>(
        Func<SqlScope, ValueTask<T>> transaction, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await TransactAsync(connection, transaction, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresFaults.IsFault(e))
        {
            throw PostgresFaults.Of(e);
        }
    }

    public async ValueTask<long> WaitBeyondAsync(
        long revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_signal.Current < revision || timeout <= TimeSpan.Zero)
        {
            long now = await ReadAsync(session => session.RevisionAsync(), cancellationToken).ConfigureAwait(false);
            _signal.PublishAtLeast(now);
            if (now != revision)
            {
                return now;
            }
        }

        return await _signal.WaitAsync(revision, timeout, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<T> TransactAsync<T>(
        NpgsqlConnection connection, Func<SqlScope, ValueTask<T>> transaction, CancellationToken cancellationToken)
    {
        NpgsqlTransaction transacting = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transacting.ConfigureAwait(false))
        {
            NpgsqlCommand Command(string sql) => new(sql, connection, transacting);
            long revision = await new SqlSession(Command, Dialect, cancellationToken)
                .LockRevisionAsync().ConfigureAwait(false);
            SqlScope scope = new(Command, Dialect, revision, cancellationToken);
            T outcome = await transaction(scope).ConfigureAwait(false);
            if (scope.IsGivenUp)
            {
                await transacting.RollbackAsync(cancellationToken).ConfigureAwait(false);
                return outcome;
            }

            if (scope.IsMarked)
            {
                await scope.ExecuteAsync(
                    SaveRevision,
                    ("revision", scope.NextRevision), ("channel", PostgresListener.Channel),
                    ("text", scope.NextRevision.ToString(System.Globalization.CultureInfo.InvariantCulture)))
                    .ConfigureAwait(false);
            }

            await transacting.CommitAsync(cancellationToken).ConfigureAwait(false);
            _signal.PublishAtLeast(scope.IsMarked ? scope.NextRevision : revision);
            return outcome;
        }
    }
}
