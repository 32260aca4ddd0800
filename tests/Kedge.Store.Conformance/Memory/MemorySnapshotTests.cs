using Kedge.Core;
using Kedge.Store.Conformance.Model;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Memory;

namespace Kedge.Store.Conformance.Memory;

public sealed class MemorySnapshotTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_restore_brings_back_all_of_an_older_store_and_wakes_watchers()
    {
        await using MemoryStore store = new(TimeProvider.System);
        await store.Devices.EnrolAsync(TenantId.Default, Sample.Enrolment("d1"), None);
        MemorySnapshot backup = store.Snapshot();
        string before = await WholeStore.ReadAsync(store);
        await store.Devices.EnrolAsync(TenantId.Default, Sample.Enrolment("d2"), None);
        Task<long> waiting = store.WaitBeyondAsync(2, TimeSpan.FromSeconds(30), None).AsTask();
        store.Restore(backup);
        Assert.Equal(1, await waiting);
        Assert.Equal((1, before), (backup.Revision, await WholeStore.ReadAsync(store)));
    }

    [Fact]
    public void Every_call_completes_at_once()
    {
        MemoryStore store = new(TimeProvider.System);
        RandomCalls calls = new(7);
        for (int index = 0; index < 500; index++)
        {
            RandomCall call = calls.Next(index);
            Task<object?> running = call.RunAsync(store);
            Assert.True(running.IsCompletedSuccessfully, call.Name);
        }

        ValueTask<long> polled = store.WaitBeyondAsync(store.Snapshot().Revision, TimeSpan.Zero, None);
        Assert.True(polled.IsCompletedSuccessfully);
    }
}
