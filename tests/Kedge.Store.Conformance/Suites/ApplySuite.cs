using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class ApplySuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task A_manifest_of_many_objects_is_one_transaction()
    {
        await EnrolAsync("d1");
        Digest package = await PushAsync("bearing", "1");
        long revision = await RevisionAsync();
        ApplyBatch batch = Batch(package);
        ApplyOutcome.Committed dry = Assert.IsType<ApplyOutcome.Committed>(
            await Store.Apply.CommitAsync(Home, batch with { DryRun = true }, None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.Null(await Store.Deployments.FindAsync(Home, new("web"), None));

        ApplyOutcome.Committed done = Assert.IsType<ApplyOutcome.Committed>(
            await Store.Apply.CommitAsync(Home, batch, None));
        Assert.Equal(Describe.Of(dry), Describe.Of(done));
        Assert.Equal((revision + 1, revision + 1), (done.Revision, await RevisionAsync()));
        Assert.Equal(
            "Created Updated Created Created Created", string.Join(' ', done.Results.Select(r => r.Verdict)));
        Assert.True((await DeviceAsync("d1")).Cordoned);
        Assert.NotNull(await Store.Packages.ResolveAsync(Home, "bearing", "v1", None));

        ApplyBatch again = batch with { Changes = batch.Changes.RemoveAt(3) };
        ApplyOutcome.Committed same = Assert.IsType<ApplyOutcome.Committed>(
            await Store.Apply.CommitAsync(Home, again, None));
        Assert.All(same.Results, r => Assert.Equal(ApplyVerdict.Unchanged, r.Verdict));
        Assert.Equal((revision + 1, revision + 1), (same.Revision, await RevisionAsync()));
    }

    [Fact]
    public async Task One_object_that_cannot_be_applied_keeps_all_from_it()
    {
        await EnrolAsync("d1");
        Digest package = await PushAsync("bearing", "1");
        ApplyBatch whole = Batch(package);
        (ApplyChange Bad, ApplyRefusal Why)[] cases =
        [
            (new ApplyChange.OfDevice(new DeviceWrite { Device = new("nobody") }), ApplyRefusal.NotFound),
            (new ApplyChange.OfDevice(new DeviceWrite { Device = new("d1"), ExpectedRevision = 99 }),
                ApplyRefusal.RevisionConflict),
            (new ApplyChange.OfDeployment(Sample.Deployment("db", "x", Sample.DigestOf("nothing"))),
                ApplyRefusal.PackageMissing),
            (new ApplyChange.OfTag(Sample.Tag("pump", "v1", package)), ApplyRefusal.PackageMissing),
            (new ApplyChange.OfToken(Sample.Token("t1") with { Hash = Sample.DigestOf("x") }), ApplyRefusal.NameTaken),
            (new ApplyChange.OfTrust(Sample.Policy(2, "one")), ApplyRefusal.VersionStale),
            (new ApplyChange.OfTrust(Sample.Policy(3, "forged")), ApplyRefusal.VersionConflict),
        ];
        long revision = await RevisionAsync();
        foreach ((ApplyChange bad, ApplyRefusal why) in cases)
        {
            ApplyOutcome outcome = await Store.Apply.CommitAsync(
                Home, whole with { Changes = whole.Changes.Add(bad) }, None);
            ApplyOutcome.Refused refused = Assert.IsType<ApplyOutcome.Refused>(outcome);
            Assert.Equal((5, why), (refused.Index, refused.Why));
            Assert.Equal(revision, await RevisionAsync());
        }

        Assert.Null(await Store.Deployments.FindAsync(Home, new("web"), None));
        Assert.Null(await Store.Tokens.FindByHashAsync(Home, Sample.Token("t1").Hash, None));
    }

    private static ApplyBatch Batch(Digest package) => new()
    {
        Changes =
        [
            new ApplyChange.OfDeployment(Sample.Deployment("web", "one", package)),
            new ApplyChange.OfDevice(new DeviceWrite { Device = new("d1"), Cordoned = true }),
            new ApplyChange.OfTag(Sample.Tag("bearing", "v1", package)),
            new ApplyChange.OfToken(Sample.Token("t1")),
            new ApplyChange.OfTrust(Sample.Policy(3, "three")),
        ],
    };
}
