using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

/// <summary>What every suite shares: an empty store of the driver under test.</summary>
public abstract class StoreSuite(IStoreDriver driver) : IAsyncLifetime
{
    private IKedgeStore? _store;

    protected static readonly TenantId Home = TenantId.Default;
    protected static readonly TenantId Other = new("other");
    protected static readonly CancellationToken None = CancellationToken.None;

    protected IKedgeStore Store => _store ?? throw new InvalidOperationException("the store is not open yet");

    public async Task InitializeAsync() => _store = await driver.OpenAsync();

    public async Task DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        await driver.DisposeAsync();
    }

    protected async Task<DeviceRow> EnrolAsync(string name)
    {
        EnrolOutcome outcome = await Store.Devices.EnrolAsync(Home, Sample.Enrolment(name), None);
        return Assert.IsType<EnrolOutcome.Enrolled>(outcome).Device;
    }

    protected async Task<DeviceRow> DeviceAsync(string name)
    {
        DeviceRow? row = await Store.Devices.FindAsync(Home, new DeviceId(name), None);
        Assert.NotNull(row);
        return row;
    }

    protected async Task<Digest> PushAsync(string model, string content)
    {
        PackageWrite write = Sample.Package(model, content);
        await Store.Chunks.AddAsync(Home, write.Chunks, 1, None);
        Assert.IsType<PackageOutcome.Stored>(await Store.Packages.PutAsync(Home, write, None));
        return write.Digest;
    }

    /// <summary>Item by item: immutable arrays compare themselves by reference.</summary>
    protected static void AssertSame<T>(IEnumerable<T> expected, IEnumerable<T> actual) =>
        Assert.Equal(expected.ToArray(), actual.ToArray());

    protected async Task<long> RevisionAsync() => await Store.RevisionAsync(None);
}
