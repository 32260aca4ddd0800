using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class RolloutSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeploymentId Web = new("web");

    [Fact]
    public async Task A_rollout_changes_on_its_parent_only()
    {
        await ApplyAsync("web");
        Assert.Null(await Store.Rollouts.FindAsync(Home, Web, None));
        long first = await SaveAsync(Sample.Rollout("web", 0, "one"));
        Assert.Equal(first, await RevisionAsync());
        Assert.Equal(
            new RolloutRow { Id = Web, Revision = first, StateJson = "{\"state\":\"one\"}", AtMs = 5000 },
            await Store.Rollouts.FindAsync(Home, Web, None));
        Assert.Equal(
            new CasOutcome.Conflict(first),
            await Store.Rollouts.SaveAsync(Home, Sample.Rollout("web", 0, "two"), None));
        Assert.Equal(
            new CasOutcome.Unchanged(first),
            await Store.Rollouts.SaveAsync(Home, Sample.Rollout("web", first, "one"), None));
        Assert.Equal(first, await RevisionAsync());
        long second = await SaveAsync(Sample.Rollout("web", first, "two"));
        Assert.Equal((first + 1, first + 1), (second, await RevisionAsync()));
    }

    [Fact]
    public async Task A_rollout_needs_its_deployment_and_goes_with_it()
    {
        Assert.IsType<CasOutcome.NotFound>(
            await Store.Rollouts.SaveAsync(Home, Sample.Rollout("web", 0, "one"), None));
        await ApplyAsync("web");
        await SaveAsync(Sample.Rollout("web", 0, "one"));
        await Store.Deployments.DeleteAsync(Home, Web, null, 8000, None);
        Assert.NotNull(await Store.Rollouts.FindAsync(Home, Web, None));
        await Store.Deployments.RemoveAsync(Home, Web, None);
        Assert.Null(await Store.Rollouts.FindAsync(Home, Web, None));
        await ApplyAsync("web");
        await SaveAsync(Sample.Rollout("web", 0, "anew"));
    }

    [Fact]
    public async Task Rollouts_are_listed_by_name_in_pages_and_by_tenant()
    {
        foreach (string name in (string[])["b", "a", "c"])
        {
            await ApplyAsync(name);
            await SaveAsync(Sample.Rollout(name, 0, "one"));
        }

        Page<RolloutRow> page = await Store.Rollouts.ListAsync(Home, null, 2, None);
        AssertSame(["a", "b"], page.Items.Select(r => r.Id.ToString()));
        Assert.Equal(("b", await RevisionAsync()), (page.Next, page.Revision));
        Page<RolloutRow> last = await Store.Rollouts.ListAsync(Home, new("b"), 2, None);
        Assert.Equal(("c", null), (Assert.Single(last.Items).Id.ToString(), last.Next));
        Assert.Empty((await Store.Rollouts.ListAsync(Other, null, 2, None)).Items);
    }

    [Fact]
    public async Task A_plan_moves_rollouts_and_devices_together()
    {
        await ApplyAsync("web");
        await EnrolAsync("d1");
        DesiredCommit commit = Sample.Commit(Sample.Change("d1", 0, 1)) with
        {
            Rollouts = [Sample.Rollout("web", 0, "one")],
        };
        DesiredOutcome outcome = await Store.Desired.CommitAsync(Home, commit, None);
        long revision = await RevisionAsync();
        Assert.Equal(new DesiredOutcome.Committed(revision), outcome);
        Assert.Equal(revision, (await Store.Rollouts.FindAsync(Home, Web, None))!.Revision);
        Assert.Equal(1, (await DeviceAsync("d1")).Desired.Generation.Value);
    }

    [Fact]
    public async Task A_plan_may_move_rollouts_alone()
    {
        await ApplyAsync("web");
        DesiredCommit commit = Sample.Commit() with { Rollouts = [Sample.Rollout("web", 0, "one")] };
        Assert.IsType<DesiredOutcome.Committed>(await Store.Desired.CommitAsync(Home, commit, None));
        RolloutRow? row = await Store.Rollouts.FindAsync(Home, Web, None);
        Assert.Equal((await RevisionAsync(), "{\"state\":\"one\"}"), (row!.Revision, row.StateJson));
    }

    [Fact]
    public async Task Nothing_of_a_plan_holds_when_a_rollout_was_changed_first()
    {
        await ApplyAsync("web");
        await ApplyAsync("db");
        await EnrolAsync("d1");
        long held = await SaveAsync(Sample.Rollout("web", 0, "paused"));
        DesiredCommit commit = Sample.Commit(Sample.Change("d1", 0, 1)) with
        {
            Rollouts = [Sample.Rollout("db", 0, "one"), Sample.Rollout("web", 0, "one")],
        };
        Assert.Equal(
            new DesiredOutcome.RolloutConflict(Web, held), await Store.Desired.CommitAsync(Home, commit, None));
        await AssertUntouchedAsync(held);
        commit = commit with { Rollouts = [Sample.Rollout("db", 0, "one"), Sample.Rollout("gone", 0, "one")] };
        Assert.Equal(
            new DesiredOutcome.RolloutConflict(new("gone"), 0), await Store.Desired.CommitAsync(Home, commit, None));
        await AssertUntouchedAsync(held);
        commit = commit with { Changes = [Sample.Change("d2", 0, 1)], Rollouts = [Sample.Rollout("web", held, "two")] };
        Assert.IsType<DesiredOutcome.UnknownDevice>(await Store.Desired.CommitAsync(Home, commit, None));
        await AssertUntouchedAsync(held);
    }

    [Fact]
    public async Task A_person_and_a_planner_that_race_change_a_rollout_once()
    {
        await ApplyAsync("web");
        long held = await SaveAsync(Sample.Rollout("web", 0, "start"));
        for (int round = 0; round < 10; round++)
        {
            RolloutWrite[] writes =
                [.. Enumerable.Range(0, 4).Select(n => Sample.Rollout("web", held, $"{round}.{n}"))];
            bool[] done = await Task.WhenAll(writes.Select((write, n) => Task.Run(async () => n % 2 == 0
                ? await Store.Rollouts.SaveAsync(Home, write, None) is CasOutcome.Done
                : await Store.Desired.CommitAsync(Home, Sample.Commit() with { Rollouts = [write] }, None)
                    is DesiredOutcome.Committed)));
            Assert.Single(done, true);
            held = (await Store.Rollouts.FindAsync(Home, Web, None))!.Revision;
        }
    }

    private async Task ApplyAsync(string name) => Assert.IsType<DeploymentOutcome.Created>(
        await Store.Deployments.ApplyAsync(Home, Sample.Deployment(name, "one"), None));

    private async Task<long> SaveAsync(RolloutWrite write) =>
        Assert.IsType<CasOutcome.Done>(await Store.Rollouts.SaveAsync(Home, write, None)).Revision;

    private async Task AssertUntouchedAsync(long held)
    {
        Assert.Equal(held, await RevisionAsync());
        Assert.Null(await Store.Rollouts.FindAsync(Home, new("db"), None));
        Assert.Equal(held, (await Store.Rollouts.FindAsync(Home, Web, None))!.Revision);
        Assert.Equal(0, (await DeviceAsync("d1")).Desired.Generation.Value);
    }
}
