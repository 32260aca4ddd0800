using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class ReportSuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task The_newest_status_and_facts_are_kept_and_events_are_added()
    {
        DeviceRow enrolled = await EnrolAsync("d1");
        EventWrite happening = Sample.Event("Started", "liar");
        ReportCommit status = Sample.Status("d1", 1, "{\"a\":\"é\"}", 4);
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(Home, status, None));
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(
            Home, status with { Sequence = 2, Body = new ReportBody.Facts("{\"cpu\":2}") }, None));
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(
            Home, status with { Sequence = 3, Body = new ReportBody.Happening(happening) }, None));
        DeviceRow row = await DeviceAsync("d1");
        Assert.Equal(("{\"a\":\"é\"}", "{\"cpu\":2}", 3L), (row.StatusJson, row.FactsJson, row.LastSequence));
        Assert.Equal((4L, true, enrolled.Revision), (row.ReportedGeneration.Value, row.Settled, row.Revision));
        Assert.True(row.ChangedAtRevision > enrolled.ChangedAtRevision);
        EventRow happened = Assert.Single((await Store.Events.ListAsync(Home, new EventQuery(), None)).Items);
        Assert.Equal(("Started", "d1"), (happened.Entry.Reason, happened.Entry.Device.ToString()));
    }

    [Fact]
    public async Task A_report_is_committed_once_and_a_gap_is_accepted()
    {
        await EnrolAsync("d1");
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(Home, Sample.Status("d1", 5), None));
        long revision = await RevisionAsync();
        foreach (long sequence in (long[])[5, 4, 1])
        {
            ReportCommit again = Sample.Status("d1", sequence, "{}");
            Assert.Equal(ReportVerdict.Duplicate, await Store.Reports.CommitAsync(Home, again, None));
        }

        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(Home, Sample.Status("d1", 9), None));
        Assert.Equal(ReportVerdict.UnknownDevice, await Store.Reports.CommitAsync(Home, Sample.Status("d2", 1), None));
        Assert.Equal(ReportVerdict.OtherIncarnation, await Store.Reports.CommitAsync(
            Home, Sample.Status("d1", 10) with { Incarnation = "second" }, None));
    }

    [Fact]
    public async Task Several_are_committed_in_their_order_in_one_transaction()
    {
        await EnrolAsync("d1");
        long revision = await RevisionAsync();
        ImmutableArray<ReportVerdict> verdicts = await Store.Reports.CommitManyAsync(
            Home,
            [Sample.Status("d1", 2), Sample.Status("d1", 1), Sample.Status("d2", 1), Sample.Status("d1", 3)], None);
        AssertSame(
            [ReportVerdict.Committed, ReportVerdict.Duplicate, ReportVerdict.UnknownDevice, ReportVerdict.Committed],
            verdicts);
        Assert.Equal(revision + 1, await RevisionAsync());
        Assert.Equal(3, (await DeviceAsync("d1")).LastSequence);
    }

    [Fact]
    public async Task Concurrent_reports_of_many_devices_are_all_committed()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(n => $"d{n:00}")];
        foreach (string name in names)
        {
            await EnrolAsync(name);
        }

        await Task.WhenAll(names.Select(name => Task.Run(async () =>
        {
            for (int sequence = 1; sequence <= 10; sequence++)
            {
                ReportVerdict verdict = await Store.Reports.CommitAsync(Home, Sample.Status(name, sequence), None);
                Assert.Equal(ReportVerdict.Committed, verdict);
            }
        })));
        Page<DeviceRow> page = await Store.Devices.ListAsync(Home, new DeviceQuery(), None);
        Assert.All(page.Items, d => Assert.Equal(10, d.LastSequence));
    }

    [Fact]
    public async Task Text_of_a_device_that_no_database_keeps_is_mended_not_refused()
    {
        await EnrolAsync("d1");
        EventWrite hostile = Sample.Event("Odd\0reason") with { Message = "half \ud800 pair " + new string('x', 5000) };
        ReportCommit report = Sample.Status("d1", 1) with { Body = new ReportBody.Happening(hostile) };
        Assert.Equal(ReportVerdict.Committed, await Store.Reports.CommitAsync(Home, report, None));
        EventRow row = Assert.Single((await Store.Events.ListAsync(Home, new EventQuery(), None)).Items);
        Assert.Equal("Odd\uFFFDreason", row.Entry.Reason);
        Assert.StartsWith("half \uFFFD pair xxx", row.Entry.Message, StringComparison.Ordinal);
        Assert.True(row.Entry.Message.Length <= StoreLimits.TextCharsMax);
    }

    [Fact]
    public async Task A_document_beyond_its_limit_is_a_bug_of_the_caller()
    {
        await EnrolAsync("d1");
        ReportCommit report = Sample.Status("d1", 1, new string(' ', StoreLimits.DocumentCharsMax + 1));
        await Assert.ThrowsAsync<InvariantException>(async () => await Store.Reports.CommitAsync(Home, report, None));
    }
}
