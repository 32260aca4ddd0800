using Kedge.Core;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Contracts;
using Kedge.Store.Sqlite;

namespace Kedge.Store.Conformance.Sqlite;

/// <summary>The process that is killed: commits without end and prints each sequence once it was answered.</summary>
public static class StoreWriter
{
    public const string Verb = "write-until-killed";

    private static readonly CancellationToken None = CancellationToken.None;

    public static async Task RunAsync(string path)
    {
        await using SqliteStore store = SqliteStore.Open(path, TimeProvider.System);
        await EnrolAsync(store);
        DeviceRow? row = await store.Devices.FindAsync(TenantId.Default, new DeviceId("d1"), None);
        for (long sequence = row!.LastSequence + 1; ; sequence++)
        {
            await CommitAsync(store, sequence);
            Console.WriteLine(sequence);
        }
    }

    public static async Task EnrolAsync(IKedgeStore store)
    {
        await store.Devices.EnrolAsync(TenantId.Default, Sample.Enrolment("d1"), None);
        await store.Devices.EnrolAsync(TenantId.Default, Sample.Enrolment("d2"), None);
    }

    public static async Task CommitAsync(IKedgeStore store, long sequence) =>
        await store.Reports.CommitManyAsync(
            TenantId.Default, [Sample.Status("d1", sequence), Sample.Status("d2", sequence)], None);
}
