using Kedge.Store.Contracts;
using Kedge.Store.Postgres;

namespace Kedge.Store.Conformance.Drivers;

/// <summary>A fresh database on the suite's server for each test.</summary>
public sealed class PostgresDriver(PostgresServer server) : IStoreDriver
{
    private string _database = "";

    public async ValueTask<IKedgeStore> OpenAsync()
    {
        _database = await server.CreateDatabaseAsync();
        return await PostgresStore.OpenAsync(server.ConnectionString(_database), TimeProvider.System, default);
    }

    public async ValueTask DisposeAsync() => await server.DropDatabaseAsync(_database);
}
