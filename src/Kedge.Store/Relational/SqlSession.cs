using System.Collections.Immutable;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Runs statements on one connection. Parameters are named; the first column of a list is its key.</summary>
internal class SqlSession(Func<string, DbCommand> commands, SqlDialect dialect, CancellationToken cancellationToken)
{
    public SqlDialect Dialect { get; } = dialect;

    /// <summary>The store revision as this connection sees it.</summary>
    public async ValueTask<long> RevisionAsync() =>
        Present(await NumberAsync("select revision from store_state").ConfigureAwait(false));

    /// <summary>The store revision, which nobody else changes until this transaction ends.</summary>
    public async ValueTask<long> LockRevisionAsync() =>
        Present(await NumberAsync("select revision from store_state for update").ConfigureAwait(false));

    /// <summary>Runs a statement; returns how many rows it changed.</summary>
    public async ValueTask<int> ExecuteAsync(string sql, params (string Name, object Value)[] values)
    {
        DbCommand command = Prepare(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first row; null when there is none. Throws <c>KEDGE-STORE-002</c> when it cannot be read.</summary>
    public async ValueTask<T?> FirstAsync<T>(
        string sql, Func<SqlRow, T> map, params (string Name, object Value)[] values)
        where T : class
    {
        DbDataReader reader = await OpenAsync(sql, values).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable ended = reader.ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        SqlRow row = new(reader);
        return row.TryMap(map, out T? value, out string reason)
            ? value
            : throw new KedgeException(StoreErrors.RowUnreadable, $"{TableOf(sql)} {row.Key}: {reason}");
    }

    /// <summary>The number in the first column of the first row; null when there is none.</summary>
    public async ValueTask<long?> NumberAsync(string sql, params (string Name, object Value)[] values)
    {
        DbDataReader reader = await OpenAsync(sql, values).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable ended = reader.ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? reader.GetInt64(0) : null;
    }

    /// <summary>
    /// All rows. Throws <c>KEDGE-STORE-002</c> when one cannot be read: a short list of revocations would be a lie.
    /// </summary>
    public async ValueTask<ImmutableArray<T>> ListAsync<T>(
        string sql, Func<SqlRow, T> map, params (string Name, object Value)[] values)
        where T : class
    {
        (ImmutableArray<T> items, ImmutableArray<QuarantinedRow> bad, _) =
            await ReadAllAsync(sql, map, values).ConfigureAwait(false);
        return bad.Length == 0
            ? items
            : throw new KedgeException(StoreErrors.RowUnreadable, $"{bad[0].Table} {bad[0].Key}: {bad[0].Reason}");
    }

    /// <summary>
    /// One page: the statement takes <c>@rows_max</c>, which is one more than the page shows, and its first column is
    /// where the next page starts.
    /// </summary>
    public async ValueTask<Page<T>> PageAsync<T>(
        string sql, Func<SqlRow, T> map, int rowsMax, params (string Name, object Value)[] values)
        where T : class
    {
        StoreCheck.Rows(rowsMax);
        long revision = await RevisionAsync().ConfigureAwait(false);
        (ImmutableArray<T> items, ImmutableArray<QuarantinedRow> bad, ImmutableArray<string> keys) =
            await ReadAllAsync(sql, map, [.. values, ("rows_max", rowsMax + 1L)]).ConfigureAwait(false);
        bool more = keys.Length > rowsMax;
        bool lastIsBad = more && bad.Length > 0 && bad[^1].Key == keys[^1];
        return new Page<T>
        {
            Items = more && !lastIsBad ? items[..^1] : items,
            Revision = revision,
            Next = more ? keys[^2] : null,
            Quarantined = lastIsBad ? bad[..^1] : bad,
        };
    }

    private async ValueTask<(ImmutableArray<T> Items, ImmutableArray<QuarantinedRow> Bad, ImmutableArray<string> Keys)>
        ReadAllAsync<T>(string sql, Func<SqlRow, T> map, (string Name, object Value)[] values)
        where T : class
    {
        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>();
        ImmutableArray<QuarantinedRow>.Builder bad = ImmutableArray.CreateBuilder<QuarantinedRow>();
        ImmutableArray<string>.Builder keys = ImmutableArray.CreateBuilder<string>();
        DbDataReader reader = await OpenAsync(sql, values).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable ended = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            SqlRow row = new(reader);
            keys.Add(row.Key);
            if (row.TryMap(map, out T? value, out string reason))
            {
                items.Add(value);
            }
            else
            {
                bad.Add(new QuarantinedRow(TableOf(sql), row.Key, reason));
            }
        }

        return (items.ToImmutable(), bad.ToImmutable(), keys.ToImmutable());
    }

    private static long Present(long? number)
    {
        Check.That(number is not null);
        return number.Value;
    }

    private async ValueTask<DbDataReader> OpenAsync(string sql, (string Name, object Value)[] values) =>
        await Prepare(sql, values).ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);

    private DbCommand Prepare(string sql, (string Name, object Value)[] values)
    {
        DbCommand command = commands(sql);
        command.Parameters.Clear();
        foreach ((string name, object value) in values)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>The word after the first <c>from</c>: for messages.</summary>
    private static string TableOf(string sql)
    {
        string[] words = sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int from = Array.IndexOf(words, "from");
        return from >= 0 && from + 1 < words.Length ? words[from + 1] : "";
    }
}
