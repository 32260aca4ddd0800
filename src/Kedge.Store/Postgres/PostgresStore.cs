using Kedge.Core.Errors;
using Kedge.Store.Relational;
using Npgsql;

namespace Kedge.Store.Postgres;

/// <summary>The store of many replicas, over PostgreSQL 15 or later. Back it up with PostgreSQL's own tools.</summary>
public sealed class PostgresStore : RelationalStore
{
    /// <summary>Statements that a connection keeps prepared: more than there are.</summary>
    private const int PreparedMax = 256;

    private PostgresStore(PostgresEngine engine)
        : base(engine)
    {
    }

    /// <summary>
    /// Connects and brings the database to the schema of this version; replicas that start together do it once. Throws
    /// <see cref="KedgeException"/> with a code of <see cref="StoreErrors"/> when it cannot.
    /// </summary>
    /// <param name="connectionString">As Npgsql reads it: <c>Host=db;Database=kedge;Username=kedge;...</c>.</param>
    /// <param name="time">Runs timeouts and retries.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    public static async ValueTask<PostgresStore> OpenAsync(
        string connectionString, TimeProvider time, CancellationToken cancellationToken)
    {
        NpgsqlDataSource source = Source(connectionString);
        try
        {
            await PostgresMigrations.RunAsync(source, cancellationToken).ConfigureAwait(false);
            return new PostgresStore(new PostgresEngine(source, time));
        }
        catch (Exception e)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (PostgresFaults.IsFault(e))
            {
                throw PostgresFaults.Of(e);
            }

            throw;
        }
    }

    private static NpgsqlDataSource Source(string connectionString)
    {
        try
        {
            NpgsqlConnectionStringBuilder text = new(connectionString)
            {
                MaxAutoPrepare = PreparedMax,
                AutoPrepareMinUsages = 2,
                ApplicationName = "kedge",
            };
            return NpgsqlDataSource.Create(text);
        }
        catch (ArgumentException e)
        {
            throw new KedgeException(StoreErrors.Unavailable, $"the connection string is wrong: {e.Message}", e);
        }
    }
}
