using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class DesiredSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeviceId D1 = new("d1");

    [Fact]
    public async Task A_plan_is_committed_on_the_parent_of_each_device()
    {
        await EnrolAsync("d1");
        await EnrolAsync("d2");
        Assert.Null(await Store.Desired.FindAsync(Home, D1, None));
        DesiredOutcome outcome = await Store.Desired.CommitAsync(
            Home, Sample.Commit(Sample.Change("d1", 0, 1), Sample.Change("d2", 0, 1)), None);
        Assert.Equal(new DesiredOutcome.Committed(await RevisionAsync()), outcome);
        DesiredRow? row = await Store.Desired.FindAsync(Home, D1, None);
        Assert.NotNull(row);
        AssertSame(Sample.Bytes("signed d1 1"), row.Signed);
        Assert.Equal((1L, 4000L), (row.Head.Generation.Value, row.Head.CommittedAtMs));
        Assert.Equal(row.Head, (await DeviceAsync("d1")).Desired);
    }

    [Fact]
    public async Task Nothing_of_a_plan_holds_when_somebody_planned_first()
    {
        await EnrolAsync("d1");
        await EnrolAsync("d2");
        await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d2", 0, 1)), None);
        long revision = await RevisionAsync();
        DesiredOutcome outcome = await Store.Desired.CommitAsync(
            Home, Sample.Commit(Sample.Change("d1", 0, 1), Sample.Change("d2", 0, 2)), None);
        DesiredOutcome.Conflict conflict = Assert.IsType<DesiredOutcome.Conflict>(outcome);
        Assert.Equal(("d2", 1L), (conflict.Device.ToString(), conflict.Held.Generation.Value));
        Assert.Null(await Store.Desired.FindAsync(Home, D1, None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(
            new DesiredOutcome.UnknownDevice(new DeviceId("d3")),
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d3", 0, 1)), None));
    }

    [Fact]
    public async Task A_plan_signed_for_the_key_of_replaced_hardware_is_refused()
    {
        await EnrolAsync("d1");
        await Store.Devices.ReplaceAsync(Home, Sample.Enrolment("d1", "key-2", "second"), None);
        Assert.IsType<DesiredOutcome.Conflict>(
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1)), None));
        Assert.IsType<DesiredOutcome.Committed>(
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1, "key-2")), None));
    }

    [Fact]
    public async Task After_a_restore_the_next_generation_is_above_what_the_device_reports()
    {
        await EnrolAsync("d1");
        await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 3)), None);
        Assert.Equal(FloorVerdict.AlreadyAbove, await Store.Desired.RaiseFloorAsync(Home, D1, new(3), None));
        Assert.Equal(FloorVerdict.Raised, await Store.Desired.RaiseFloorAsync(Home, D1, new(9), None));
        Assert.Equal(FloorVerdict.AlreadyAbove, await Store.Desired.RaiseFloorAsync(Home, D1, new(9), None));
        Assert.Equal(FloorVerdict.UnknownDevice, await Store.Desired.RaiseFloorAsync(Home, new("d2"), new(9), None));
        Assert.Equal(FloorVerdict.OutOfRange, await Store.Desired.RaiseFloorAsync(
            Home, D1, new(StoreLimits.GenerationFloorMax + 1), None));
        Assert.IsType<DesiredOutcome.Conflict>(
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 3, 9)), None));
        Assert.Equal(10, (await DeviceAsync("d1")).Desired.NextGeneration.Value);
        Assert.IsType<DesiredOutcome.Committed>(
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 3, 10)), None));
    }

    [Fact]
    public async Task Generations_are_listed_beside_what_devices_report()
    {
        await EnrolAsync("d1");
        await EnrolAsync("d2");
        await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1)), None);
        await Store.Reports.CommitAsync(Home, Sample.Status("d1", 1, generation: 1), None);
        Page<DesiredSummary> page = await Store.Desired.ListAsync(Home, new DeviceQuery(), None);
        Assert.Equal([(1L, 1L), (0L, 0L)], page.Items.Select(s => (s.Head.Generation.Value, s.Reported.Value)));
    }

    [Fact]
    public async Task Two_planners_that_race_commit_one_generation_once()
    {
        await EnrolAsync("d1");
        for (int generation = 1; generation <= 10; generation++)
        {
            DesiredCommit commit = Sample.Commit(Sample.Change("d1", generation - 1, generation));
            DesiredOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
                async () => await Store.Desired.CommitAsync(Home, commit, None))));
            Assert.Single(outcomes.OfType<DesiredOutcome.Committed>());
            Assert.Equal(3, outcomes.OfType<DesiredOutcome.Conflict>().Count());
        }
    }
}
