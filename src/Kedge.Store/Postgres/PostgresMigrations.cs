using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Store.Relational;
using Npgsql;

namespace Kedge.Store.Postgres;

/// <summary>
/// Brings a database to the schema of this version. Running it twice, or by two replicas, does it once.
/// </summary>
internal static class PostgresMigrations
{
    /// <summary>Number of the lock that replicas which start together queue for: "Kedg".</summary>
    private const long LockNumber = 0x4B656467;

    private const string CreateTable = """
        create table kedge_schema (version bigint not null primary key, name text not null)
        """;

    private const string CountForeign = """
        select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = current_schema() and c.relkind = 'r'
        """;

    public static async ValueTask RunAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken)
                .ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await MigrateAsync(connection, cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection, "select pg_advisory_xact_lock(@number)", cancellationToken, ("number", LockNumber))
            .ConfigureAwait(false);
        ImmutableArray<Migration> steps = Migration.For("Postgres");
        long version = await VersionAsync(connection, cancellationToken).ConfigureAwait(false);
        if (version > steps.Length)
        {
            throw new KedgeException(
                StoreErrors.SchemaNewer,
                $"{connection.Database} has schema {version}, this version knows {steps.Length}");
        }

        foreach (Migration step in steps.Skip((int)version))
        {
            await ExecuteAsync(connection, step.Sql, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(
                connection, "insert into kedge_schema (version, name) values (@version, @name)", cancellationToken,
                ("version", (long)step.Version), ("name", step.Name)).ConfigureAwait(false);
        }
    }

    private static async ValueTask<long> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        bool isOurs = await NumberAsync(
            connection, "select case when to_regclass('kedge_schema') is null then 0 else 1 end", cancellationToken)
            .ConfigureAwait(false) == 1;
        if (isOurs)
        {
            return await NumberAsync(
                connection, "select coalesce(max(version), 0) from kedge_schema", cancellationToken)
                .ConfigureAwait(false);
        }

        if (await NumberAsync(connection, CountForeign, cancellationToken).ConfigureAwait(false) > 0)
        {
            throw new KedgeException(
                StoreErrors.NotKedge, $"{connection.Database} holds tables of another program");
        }

        await ExecuteAsync(connection, CreateTable, cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private static async ValueTask<long> NumberAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = new(sql, connection);
        object? value = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        return Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async ValueTask ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken,
        params (string Name, object Value)[] values)
    {
        using NpgsqlCommand command = new(sql, connection);
        foreach ((string name, object value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
