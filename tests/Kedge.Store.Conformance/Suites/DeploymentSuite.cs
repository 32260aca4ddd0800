using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class DeploymentSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeploymentId Web = new("web");

    [Fact]
    public async Task Each_new_spec_is_a_revision_and_the_same_spec_is_none()
    {
        Digest package = await PushAsync("bearing", "1");
        DeploymentRow first = Assert.IsType<DeploymentOutcome.Created>(
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "one", package), None)).Row;
        Assert.Equal(first, await Store.Deployments.FindAsync(Home, Web, None));
        Assert.Equal(
            new DeploymentOutcome.Unchanged(first),
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "one", package), None));
        DeploymentWrite change = Sample.Deployment("web", "two", package) with { AtMs = 7000 };
        DeploymentRow second = Assert.IsType<DeploymentOutcome.Updated>(await Store.Deployments.ApplyAsync(
            Home, change with { ExpectedRevision = first.Revision }, None)).Row;
        Assert.Equal((2L, 6000L, 7000L), (second.SpecRevision, second.CreatedAtMs, second.AppliedAtMs));
        Assert.Equal(
            new DeploymentOutcome.Conflict(second.Revision),
            await Store.Deployments.ApplyAsync(
                Home, Sample.Deployment("web", "three") with { ExpectedRevision = first.Revision }, None));
        Assert.Equal(
            new DeploymentOutcome.Conflict(second.Revision),
            await Store.Deployments.ApplyAsync(Home, change with { ExpectedRevision = 0 }, None));
        Assert.Equal([2L, 1L], (await Store.Deployments.HistoryAsync(Home, Web, None)).Select(r => r.SpecRevision));
        DeploymentRevisionRow? kept = await Store.Deployments.FindRevisionAsync(Home, Web, 1, None);
        Assert.Equal(("{\"spec\":\"one\"}", package), (kept!.SpecJson, Assert.Single(kept.Packages)));
        Assert.Null(await Store.Deployments.FindRevisionAsync(Home, Web, 3, None));
    }

    [Fact]
    public async Task A_package_that_is_not_there_is_refused()
    {
        Digest missing = Sample.DigestOf("nothing");
        Assert.Equal(
            new DeploymentOutcome.PackageMissing(missing),
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "one", missing), None));
        Assert.Null(await Store.Deployments.FindAsync(Home, Web, None));
    }

    [Fact]
    public async Task History_is_bounded_and_numbers_go_on()
    {
        for (int spec = 1; spec <= StoreLimits.DeploymentHistoryMax + 5; spec++)
        {
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", $"s{spec}"), None);
        }

        var history = await Store.Deployments.HistoryAsync(Home, Web, None);
        Assert.Equal(StoreLimits.DeploymentHistoryMax, history.Length);
        Assert.Equal((25L, 6L), (history[0].SpecRevision, history[^1].SpecRevision));
    }

    [Fact]
    public async Task Deleting_marks_first_and_removes_afterwards()
    {
        DeploymentRow row = Assert.IsType<DeploymentOutcome.Created>(
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "one"), None)).Row;
        Assert.IsType<CasOutcome.Conflict>(await Store.Deployments.RemoveAsync(Home, Web, None));
        Assert.IsType<CasOutcome.Conflict>(await Store.Deployments.DeleteAsync(Home, Web, row.Revision + 1, 1, None));
        Assert.IsType<CasOutcome.Done>(await Store.Deployments.DeleteAsync(Home, Web, row.Revision, 8000, None));
        Assert.IsType<CasOutcome.Unchanged>(await Store.Deployments.DeleteAsync(Home, Web, null, 9000, None));
        Assert.Equal(8000, Assert.Single((await Store.Deployments.ListAsync(Home, null, 10, None)).Items).DeletedAtMs);
        Assert.IsType<DeploymentOutcome.Deleting>(
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "two"), None));
        Assert.IsType<CasOutcome.Done>(await Store.Deployments.RemoveAsync(Home, Web, None));
        Assert.IsType<CasOutcome.NotFound>(await Store.Deployments.RemoveAsync(Home, Web, None));
        Assert.Empty(await Store.Deployments.HistoryAsync(Home, Web, None));
        Assert.Equal(1, Assert.IsType<DeploymentOutcome.Created>(
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "two"), None)).Row.SpecRevision);
    }

    [Fact]
    public async Task Deployments_are_listed_by_name_in_pages()
    {
        foreach (string name in (string[])["b", "a", "c"])
        {
            await Store.Deployments.ApplyAsync(Home, Sample.Deployment(name, "s"), None);
        }

        Page<DeploymentRow> page = await Store.Deployments.ListAsync(Home, null, 2, None);
        AssertSame(["a", "b"], page.Items.Select(d => d.Id.ToString()));
        Assert.Equal("b", page.Next);
        Page<DeploymentRow> last = await Store.Deployments.ListAsync(Home, new("b"), 2, None);
        Assert.Equal("c", Assert.Single(last.Items).Id.ToString());
    }
}
