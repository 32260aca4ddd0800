using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class FiguresSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeploymentId Web = new("web");
    private static readonly DeviceId D1 = new("d1");

    [Fact]
    public async Task The_newest_telling_replaces_the_older_and_nobody_is_woken()
    {
        await ApplyAsync("web");
        await EnrolAsync("d1");
        Assert.Null(await Store.Figures.FindAsync(Home, D1, Web, None));
        long revision = await RevisionAsync();
        await SaveAsync(Sample.Figures("d1", "web", "one"));
        await SaveAsync(Sample.Figures("d1", "web", "two") with { AtMs = 9001 }, Sample.Figures("d1", "web", "three"));
        Assert.Equal(
            new FiguresRow { Device = D1, Deployment = Web, Json = "{\"figures\":\"three\"}", AtMs = 9000 },
            await Store.Figures.FindAsync(Home, D1, Web, None));
        await SaveAsync();
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(revision, await Store.WaitBeyondAsync(revision, TimeSpan.Zero, None));
    }

    [Fact]
    public async Task What_is_of_a_device_or_a_deployment_that_is_not_there_is_left_out()
    {
        await ApplyAsync("web");
        await EnrolAsync("d1");
        await SaveAsync(
            Sample.Figures("d2", "web", "one"), Sample.Figures("d1", "db", "one"), Sample.Figures("d1", "web", "one"));
        Assert.Null(await Store.Figures.FindAsync(Home, new("d2"), Web, None));
        Assert.Null(await Store.Figures.FindAsync(Home, D1, new("db"), None));
        Assert.NotNull(await Store.Figures.FindAsync(Home, D1, Web, None));
        await Store.Figures.SaveManyAsync(Other, [Sample.Figures("d1", "web", "one")], None);
        Assert.Null(await Store.Figures.FindAsync(Other, D1, Web, None));
    }

    [Fact]
    public async Task Figures_of_a_deployment_are_listed_by_device_in_pages()
    {
        await ApplyAsync("web");
        await ApplyAsync("db");
        foreach (string name in (string[])["d3", "d1", "d2"])
        {
            await EnrolAsync(name);
            await SaveAsync(Sample.Figures(name, "web", "one"));
        }

        await SaveAsync(Sample.Figures("d2", "db", "one"));
        Page<FiguresRow> page = await Store.Figures.ListAsync(Home, Web, null, 2, None);
        AssertSame(["d1", "d2"], page.Items.Select(r => r.Device.ToString()));
        Assert.Equal(("d2", await RevisionAsync()), (page.Next, page.Revision));
        Page<FiguresRow> last = await Store.Figures.ListAsync(Home, Web, new("d2"), 2, None);
        Assert.Equal(("d3", null), (Assert.Single(last.Items).Device.ToString(), last.Next));
        Assert.Equal("d2", Assert.Single((await Store.Figures.ListAsync(Home, new("db"), null, 2, None)).Items)
            .Device.ToString());
        Assert.Empty((await Store.Figures.ListAsync(Other, Web, null, 2, None)).Items);
        Assert.Empty((await Store.Figures.ListAsync(Home, new("gone"), null, 2, None)).Items);
    }

    [Fact]
    public async Task Figures_go_with_their_deployment()
    {
        await ApplyAsync("web");
        await ApplyAsync("db");
        await EnrolAsync("d1");
        await SaveAsync(Sample.Figures("d1", "web", "one"), Sample.Figures("d1", "db", "one"));
        await Store.Deployments.DeleteAsync(Home, Web, null, 8000, None);
        Assert.NotNull(await Store.Figures.FindAsync(Home, D1, Web, None));
        await Store.Deployments.RemoveAsync(Home, Web, None);
        Assert.Null(await Store.Figures.FindAsync(Home, D1, Web, None));
        Assert.NotNull(await Store.Figures.FindAsync(Home, D1, new("db"), None));
        await ApplyAsync("web");
        Assert.Null(await Store.Figures.FindAsync(Home, D1, Web, None));
    }

    [Fact]
    public async Task Figures_go_with_their_device_and_with_its_hardware()
    {
        await ApplyAsync("web");
        await EnrolAsync("d1");
        await EnrolAsync("d2");
        await SaveAsync(Sample.Figures("d1", "web", "one"), Sample.Figures("d2", "web", "one"));
        Assert.IsType<EnrolOutcome.Enrolled>(
            await Store.Devices.ReplaceAsync(Home, Sample.Enrolment("d1", "key-2", "second"), None));
        Assert.Null(await Store.Figures.FindAsync(Home, D1, Web, None));
        await SaveAsync(Sample.Figures("d1", "web", "anew"));
        Assert.IsType<CasOutcome.Done>(await Store.Devices.DeleteAsync(Home, D1, null, 9000, None));
        Assert.Equal(
            "d2",
            Assert.Single((await Store.Figures.ListAsync(Home, Web, null, 10, None)).Items).Device.ToString());
    }

    [Fact]
    public async Task What_is_longer_than_a_row_may_be_is_a_fault_of_the_caller()
    {
        string text = new(' ', StoreLimits.FiguresCharsMax);
        FiguresWrite longest = Sample.Figures("d1", "web", "") with { Json = text };
        await SaveAsync(longest);
        foreach (string json in (string[])["", longest.Json + " ", "{\"a\":\"\0\"}"])
        {
            await Assert.ThrowsAsync<InvariantException>(() => SaveAsync(longest with { Json = json }));
        }
    }

    private async Task ApplyAsync(string name) => Assert.IsType<DeploymentOutcome.Created>(
        await Store.Deployments.ApplyAsync(Home, Sample.Deployment(name, "one"), None));

    private async Task SaveAsync(params FiguresWrite[] writes) => await Store.Figures.SaveManyAsync(Home, writes, None);
}
