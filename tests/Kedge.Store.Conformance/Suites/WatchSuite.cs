using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class WatchSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_watcher_is_woken_by_the_next_commit()
    {
        long revision = await RevisionAsync();
        Task<long> woken = Store.WaitBeyondAsync(revision, Deadline, None).AsTask();
        await EnrolAsync("d1");
        Assert.Equal(revision + 1, await woken);
        Assert.Equal(revision + 1, await Store.WaitBeyondAsync(revision, Deadline, None));
    }

    [Fact]
    public async Task A_watcher_of_a_quiet_store_gets_its_revision_back()
    {
        await EnrolAsync("d1");
        long revision = await RevisionAsync();
        Assert.Equal(revision, await Store.WaitBeyondAsync(revision, TimeSpan.FromMilliseconds(20), None));
        Assert.Equal(revision, await Store.WaitBeyondAsync(revision, TimeSpan.Zero, None));
    }

    [Fact]
    public async Task A_watcher_ahead_of_a_restored_store_returns_at_once() =>
        Assert.Equal(0, await Store.WaitBeyondAsync(1000, Deadline, None));

    [Fact]
    public async Task A_watcher_can_give_up()
    {
        using CancellationTokenSource end = new();
        Task<long> waiting = Store.WaitBeyondAsync(await RevisionAsync(), Deadline, end.Token).AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task The_revision_grows_over_all_tenants()
    {
        long before = await RevisionAsync();
        await Store.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None);
        EnrolOutcome other = await Store.Devices.EnrolAsync(Other, Sample.Enrolment("d1"), None);
        Assert.Equal(before + 2, Assert.IsType<EnrolOutcome.Enrolled>(other).Device.Revision);
    }
}
