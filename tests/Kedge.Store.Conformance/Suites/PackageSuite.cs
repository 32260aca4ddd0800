using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class PackageSuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task A_package_needs_its_chunks_and_never_changes()
    {
        PackageWrite write = Sample.Package("bearing", "1");
        PackageOutcome outcome = await Store.Packages.PutAsync(Home, write, None);
        AssertSame(write.Chunks.Select(c => c.Digest), Assert.IsType<PackageOutcome.ChunksMissing>(outcome).Missing);
        await Store.Chunks.AddAsync(Home, write.Chunks, 1, None);
        PackageRow row = Assert.IsType<PackageOutcome.Stored>(await Store.Packages.PutAsync(Home, write, None)).Row;
        Assert.Equal(("bearing", 30L, 2), (row.Name, row.Bytes, row.ChunkCount));
        Assert.Equal(new PackageOutcome.AlreadyThere(row), await Store.Packages.PutAsync(Home, write, None));
        Assert.Equal(
            new PackageOutcome.OtherEnvelope(row),
            await Store.Packages.PutAsync(Home, write with { Envelope = Sample.Bytes("signed otherwise") }, None));
        PackageContent? content = await Store.Packages.FindAsync(Home, write.Digest, None);
        Assert.NotNull(content);
        Assert.Equal((row, write.ManifestJson), (content.Row, content.ManifestJson));
        AssertSame(write.Envelope, content.Envelope);
        AssertSame(write.Chunks.OrderBy(c => c.Digest), await Store.Packages.ChunksAsync(Home, write.Digest, None));
        Assert.Null(await Store.Packages.FindAsync(Other, write.Digest, None));
    }

    [Fact]
    public async Task A_tag_moves_on_what_it_named_before_and_remembers()
    {
        Digest one = await PushAsync("bearing", "1");
        Digest two = await PushAsync("bearing", "2");
        Digest foreign = await PushAsync("pump", "3");
        TagMove move = Sample.Tag("bearing", "v1", one) with { Expected = default(Digest) };
        TagOutcome.Moved first = Assert.IsType<TagOutcome.Moved>(await Store.Packages.MoveTagAsync(Home, move, None));
        Assert.True(first.Before.IsNone);
        Assert.Equal(new TagOutcome.Conflict(one), await Store.Packages.MoveTagAsync(Home, move, None));
        Assert.Equal(
            new TagOutcome.Unchanged(first.Row),
            await Store.Packages.MoveTagAsync(Home, move with { Expected = null }, None));
        Assert.Equal(one, Assert.IsType<TagOutcome.Moved>(await Store.Packages.MoveTagAsync(
            Home, Sample.Tag("bearing", "v1", two) with { Expected = one }, None)).Before);
        Assert.IsType<TagOutcome.PackageMissing>(
            await Store.Packages.MoveTagAsync(Home, Sample.Tag("bearing", "v1", foreign), None));
        Assert.Equal(two, (await Store.Packages.ResolveAsync(Home, "bearing", "v1", None))!.Digest);
        Assert.Null(await Store.Packages.ResolveAsync(Home, "bearing", "v2", None));
        var history = await Store.Packages.TagHistoryAsync(Home, "bearing", "v1", None);
        AssertSame([two, one], history.Select(t => t.Digest));
        Assert.True(await Store.Packages.DeleteTagAsync(Home, "bearing", "v1", None));
        Assert.False(await Store.Packages.DeleteTagAsync(Home, "bearing", "v1", None));
    }

    [Fact]
    public async Task The_history_of_a_tag_is_bounded()
    {
        Digest one = await PushAsync("bearing", "1");
        Digest two = await PushAsync("bearing", "2");
        for (int move = 0; move < StoreLimits.TagHistoryMax + 3; move++)
        {
            await Store.Packages.MoveTagAsync(Home, Sample.Tag("bearing", "latest", move % 2 == 0 ? one : two), None);
        }

        var history = await Store.Packages.TagHistoryAsync(Home, "bearing", "latest", None);
        Assert.Equal(StoreLimits.TagHistoryMax, history.Length);
        Assert.Equal(one, history[0].Digest);
    }

    [Fact]
    public async Task A_package_goes_only_when_no_kept_revision_names_it()
    {
        Digest one = await PushAsync("bearing", "1");
        Digest two = await PushAsync("bearing", "2");
        await Store.Packages.MoveTagAsync(Home, Sample.Tag("bearing", "v1", one), None);
        await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "one", one), None);
        await Store.Deployments.ApplyAsync(Home, Sample.Deployment("web", "two", two), None);
        Assert.Equal(
            new PackageDeletion.Referenced(new DeploymentId("web")), await Store.Packages.DeleteAsync(Home, one, None));
        await Store.Deployments.DeleteAsync(Home, new("web"), null, 1, None);
        await Store.Deployments.RemoveAsync(Home, new("web"), None);
        Assert.IsType<PackageDeletion.Deleted>(await Store.Packages.DeleteAsync(Home, one, None));
        Assert.IsType<PackageDeletion.NotFound>(await Store.Packages.DeleteAsync(Home, one, None));
        Assert.Null(await Store.Packages.ResolveAsync(Home, "bearing", "v1", None));
        Assert.Single((await Store.Packages.ListAsync(Home, "bearing", null, 10, None)).Items);
    }

    [Fact]
    public async Task Models_and_packages_are_listed_in_pages()
    {
        Digest one = await PushAsync("bearing", "1");
        Digest two = await PushAsync("bearing", "2");
        Digest pump = await PushAsync("pump", "3");
        await Store.Packages.MoveTagAsync(Home, Sample.Tag("bearing", "v2", two), None);
        await Store.Packages.MoveTagAsync(Home, Sample.Tag("bearing", "v1", one), None);
        Page<ModelRow> models = await Store.Packages.ListModelsAsync(Home, null, 1, None);
        ModelRow model = Assert.Single(models.Items);
        Assert.Equal(("bearing", 2, "bearing"), (model.Name, model.PackageCount, models.Next));
        Assert.Equal(["v1", "v2"], model.Tags.Select(t => t.Tag));
        Page<ModelRow> others = await Store.Packages.ListModelsAsync(Home, models.Next, 1, None);
        Assert.Equal("pump", Assert.Single(others.Items).Name);

        Page<PackageRow> newest = await Store.Packages.ListAsync(Home, null, null, 2, None);
        Assert.Equal([pump, two], newest.Items.Select(p => p.Digest));
        long before = long.Parse(newest.Next!, System.Globalization.CultureInfo.InvariantCulture);
        Page<PackageRow> oldest = await Store.Packages.ListAsync(Home, null, before, 2, None);
        Assert.Equal((one, null), (Assert.Single(oldest.Items).Digest, oldest.Next));
    }
}
