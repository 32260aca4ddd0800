using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.Store.Conformance.Drivers;

public sealed class MemoryDriver : IStoreDriver
{
    public ValueTask<IKedgeStore> OpenAsync() => new(new MemoryStore(TimeProvider.System));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
