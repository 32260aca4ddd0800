using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class EventSuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task Events_are_listed_newest_first_by_what_they_concern()
    {
        await Store.Events.AppendAsync(
            Home,
            [Sample.Event("One", "d1"), Sample.Event("Two", "d1", "web"), Sample.Event("Three", null, "web")],
            None);
        EventWrite four = Sample.Event("Four") with { Subject = "model/bearing", Warning = true };
        await Store.Events.AppendAsync(Home, [four], None);
        Assert.Equal(["Four", "Three", "Two", "One"], await ReasonsAsync(new EventQuery()));
        Assert.Equal(["Two", "One"], await ReasonsAsync(new EventQuery { Device = new("d1") }));
        Assert.Equal(["Three", "Two"], await ReasonsAsync(new EventQuery { Deployment = new("web") }));
        Assert.Equal(["Two"], await ReasonsAsync(new EventQuery { Device = new("d1"), Deployment = new("web") }));
        Assert.Equal(["Four"], await ReasonsAsync(new EventQuery { Subject = "model/bearing" }));
        Assert.Equal(["Four", "Three"], await ReasonsAsync(new EventQuery { AfterId = 2 }));
        Page<EventRow> page = await Store.Events.ListAsync(Home, new EventQuery { RowsMax = 2 }, None);
        Assert.Equal("3", page.Next);
        Assert.Equal(["Two", "One"], await ReasonsAsync(new EventQuery { BeforeId = 3 }));
        Assert.Empty((await Store.Events.ListAsync(Other, new EventQuery(), None)).Items);
    }

    [Fact]
    public async Task A_noisy_device_does_not_push_out_the_events_of_others()
    {
        await Store.Events.AppendAsync(Home, [Sample.Event("Quiet", "d1")], None);
        EventWrite[] noise = [.. Enumerable.Range(0, 100).Select(n => Sample.Event($"Noise{n}", "d2"))];
        for (int round = 0; round < 3; round++)
        {
            await Store.Events.AppendAsync(Home, noise, None);
        }

        Page<EventRow> noisy = await Store.Events.ListAsync(
            Home, new EventQuery { Device = new("d2"), RowsMax = StoreLimits.PageRowsMax }, None);
        Assert.Equal(StoreLimits.EventsPerDeviceMax, noisy.Items.Length);
        Assert.Equal("Noise99", noisy.Items[0].Entry.Reason);
        Assert.Equal(["Quiet"], await ReasonsAsync(new EventQuery { Device = new("d1") }));
    }

    [Fact]
    public async Task A_tenant_keeps_its_newest_events()
    {
        EventWrite[] many = [.. Enumerable.Range(0, 1000).Select(n => Sample.Event("Tick"))];
        for (int written = 0; written <= StoreLimits.EventsPerTenantMax; written += many.Length)
        {
            await Store.Events.AppendAsync(Home, many, None);
        }

        Page<EventRow> oldest = await Store.Events.ListAsync(
            Home, new EventQuery { BeforeId = 1003, RowsMax = 10 }, None);
        Assert.Equal([1002L, 1001L], oldest.Items.Select(e => e.Id));
    }

    private async Task<IEnumerable<string>> ReasonsAsync(EventQuery query) =>
        (await Store.Events.ListAsync(Home, query, None)).Items.Select(e => e.Entry.Reason);
}
