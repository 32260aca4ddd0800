using Kedge.Store.Contracts;
using Kedge.Store.Sqlite;

namespace Kedge.Store.Conformance.Drivers;

public sealed class SqliteDriver : IStoreDriver
{
    private readonly TemporaryFolder _folder = new();

    public ValueTask<IKedgeStore> OpenAsync() =>
        new(SqliteStore.Open(_folder.File("store.db"), TimeProvider.System));

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
