using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class SiteSuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task A_site_is_created_changed_and_left_alone()
    {
        Assert.Null(await Store.Sites.FindAsync(Home, "lyon", None));
        long revision = await RevisionAsync();
        ApplyResult created = await PutAsync(Sample.Site("lyon", "1"));
        Assert.Equal(new ApplyResult(ApplyVerdict.Created, revision + 1, 0), created);
        ApplyResult same = await PutAsync(Sample.Site("lyon", "1") with { AppliedAtMs = 9000 });
        Assert.Equal(new ApplyResult(ApplyVerdict.Unchanged, revision + 1, 0), same);
        Assert.Equal(
            Sample.Site("lyon", "1") with { Revision = revision + 1 }, await Store.Sites.FindAsync(Home, "lyon", None));
        ApplyResult updated = await PutAsync(Sample.Site("lyon", "2") with { AppliedAtMs = 9000 });
        Assert.Equal(new ApplyResult(ApplyVerdict.Updated, revision + 2, 0), updated);
        Assert.Equal(
            Sample.Site("lyon", "2") with { AppliedAtMs = 9000, Revision = revision + 2 },
            await Store.Sites.FindAsync(Home, "lyon", None));
        Assert.Equal(revision + 2, await RevisionAsync());
        Assert.Null(await Store.Sites.FindAsync(Other, "lyon", None));
    }

    [Fact]
    public async Task Sites_are_listed_in_pages_by_name()
    {
        foreach (string name in (string[])["turin", "lyon", "ghent"])
        {
            await PutAsync(Sample.Site(name, "1"));
        }

        Page<SiteRow> page = await Store.Sites.ListAsync(Home, null, 2, None);
        AssertSame(["ghent", "lyon"], page.Items.Select(s => s.Name));
        Assert.Equal(("lyon", await RevisionAsync()), (page.Next, page.Revision));
        Page<SiteRow> last = await Store.Sites.ListAsync(Home, page.Next, 2, None);
        Assert.Equal(("turin", null), (Assert.Single(last.Items).Name, last.Next));
        Assert.Empty((await Store.Sites.ListAsync(Other, null, 2, None)).Items);
    }

    [Fact]
    public async Task A_site_that_goes_moves_the_revision_once()
    {
        await PutAsync(Sample.Site("lyon", "1"));
        long revision = await RevisionAsync();
        Assert.False(await Store.Sites.DeleteAsync(Home, "turin", None));
        Assert.False(await Store.Sites.DeleteAsync(Other, "lyon", None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.True(await Store.Sites.DeleteAsync(Home, "lyon", None));
        Assert.False(await Store.Sites.DeleteAsync(Home, "lyon", None));
        Assert.Equal(revision + 1, await RevisionAsync());
        Assert.Null(await Store.Sites.FindAsync(Home, "lyon", None));
        Assert.Equal(ApplyVerdict.Created, (await PutAsync(Sample.Site("lyon", "1"))).Verdict);
    }

    [Fact]
    public async Task A_site_of_a_manifest_that_is_refused_or_only_tried_is_not_kept()
    {
        ApplyBatch dry = new() { Changes = [new ApplyChange.OfSite(Sample.Site("lyon", "1"))], DryRun = true };
        Assert.IsType<ApplyOutcome.Committed>(await Store.Apply.CommitAsync(Home, dry, None));
        ApplyBatch refused = dry with
        {
            DryRun = false,
            Changes = dry.Changes.Add(new ApplyChange.OfDevice(new DeviceWrite { Device = new("nobody") })),
        };
        Assert.IsType<ApplyOutcome.Refused>(await Store.Apply.CommitAsync(Home, refused, None));
        Assert.Null(await Store.Sites.FindAsync(Home, "lyon", None));
    }

    private async Task<ApplyResult> PutAsync(SiteRow site)
    {
        ApplyBatch batch = new() { Changes = [new ApplyChange.OfSite(site)] };
        ApplyOutcome outcome = await Store.Apply.CommitAsync(Home, batch, None);
        return Assert.Single(Assert.IsType<ApplyOutcome.Committed>(outcome).Results);
    }
}
