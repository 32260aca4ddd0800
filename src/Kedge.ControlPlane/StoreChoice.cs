using Kedge.ControlPlane.Auth;
using Kedge.Store.Contracts;
using Kedge.Store.Postgres;
using Kedge.Store.Sqlite;

namespace Kedge.ControlPlane;

/// <summary>Opens the store that the options name.</summary>
internal static class StoreChoice
{
    public static async Task<OpenedStore> OpenAsync(
        ServerOptions options, HostParts given, ServerPaths paths, CancellationToken ct)
    {
        if (given.Store is not null)
        {
            return new OpenedStore(given.Store, null);
        }

        if (options.Postgres.Length > 0)
        {
            PostgresStore shared =
                await PostgresStore.OpenAsync(options.Postgres, given.Time, ct).ConfigureAwait(false);
            return new OpenedStore(shared, null);
        }

        SqliteStore store = SqliteStore.Open(paths.Database, given.Time);
        return new OpenedStore(store, store.BackupAsync);
    }
}

/// <summary>An open store.</summary>
/// <param name="Store">The store.</param>
/// <param name="BackUp">Writes a consistent copy to a new file; null where the database has its own tools.</param>
internal sealed record OpenedStore(IKedgeStore Store, Func<string, CancellationToken, ValueTask>? BackUp);
