using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Drivers;

/// <summary>Opens an empty store of one kind and takes away all of it afterwards.</summary>
public interface IStoreDriver : IAsyncDisposable
{
    ValueTask<IKedgeStore> OpenAsync();
}
