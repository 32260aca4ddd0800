using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

/// <summary>Tokens, credentials, trust documents and leases.</summary>
public abstract class AccessSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeviceId D1 = new("d1");

    [Fact]
    public async Task A_token_is_good_for_its_uses_its_time_and_its_device()
    {
        EnrolmentTokenRow token = Sample.Token("t1") with { UsesMax = 2, Device = D1 };
        Assert.Equal(CreateVerdict.Created, await Store.Tokens.CreateAsync(Home, token, None));
        Assert.Equal(CreateVerdict.NameTaken, await Store.Tokens.CreateAsync(Home, token, None));
        Assert.Equal(CreateVerdict.HashTaken, await Store.Tokens.CreateAsync(Home, token with { Name = "t2" }, None));
        Assert.Equal(TokenVerdict.WrongDevice, await Store.Tokens.ConsumeAsync(Home, token.Hash, new("d2"), 1, None));
        Assert.Equal(TokenVerdict.Consumed, await Store.Tokens.ConsumeAsync(Home, token.Hash, D1, 4999, None));
        Assert.Equal(TokenVerdict.Expired, await Store.Tokens.ConsumeAsync(Home, token.Hash, D1, 5000, None));
        Assert.Equal(TokenVerdict.Consumed, await Store.Tokens.ConsumeAsync(Home, token.Hash, D1, 1, None));
        Assert.Equal(TokenVerdict.UsedUp, await Store.Tokens.ConsumeAsync(Home, token.Hash, D1, 1, None));
        Assert.Equal(TokenVerdict.Unknown, await Store.Tokens.ConsumeAsync(Other, token.Hash, D1, 1, None));
        EnrolmentTokenRow listed = Assert.Single((await Store.Tokens.ListAsync(Home, null, 10, None)).Items);
        Assert.Equal((2, "lyon", D1), (listed.Uses, listed.Labels["site"], listed.Device));
        Assert.True(await Store.Tokens.DeleteAsync(Home, "t1", None));
        Assert.False(await Store.Tokens.DeleteAsync(Home, "t1", None));
    }

    [Fact]
    public async Task Replacing_hardware_takes_a_token_for_it()
    {
        await EnrolAsync("d1");
        await Store.Tokens.CreateAsync(Home, Sample.Token("plain"), None);
        await Store.Tokens.CreateAsync(Home, Sample.Token("swap") with { Device = D1, Replaces = true }, None);
        DeviceEnrolment enrolment = Sample.Enrolment("d1", "key-2", "second");
        Assert.Equal(
            new EnrolOutcome.TokenRefused(TokenVerdict.NotForReplacement),
            await Store.Devices.ReplaceAsync(Home, enrolment with { TokenHash = Sample.Token("plain").Hash }, None));
        Assert.IsType<EnrolOutcome.Enrolled>(
            await Store.Devices.ReplaceAsync(Home, enrolment with { TokenHash = Sample.Token("swap").Hash }, None));
    }

    [Fact]
    public async Task One_use_of_a_token_that_many_show_at_once_goes_to_one()
    {
        await Store.Tokens.CreateAsync(Home, Sample.Token("t1") with { UsesMax = 3 }, None);
        TokenVerdict[] verdicts = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(async () =>
            await Store.Tokens.ConsumeAsync(Home, Sample.Token("t1").Hash, new DeviceId($"d{n}"), 1, None))));
        Assert.Equal(3, verdicts.Count(v => v == TokenVerdict.Consumed));
        Assert.Equal(9, verdicts.Count(v => v == TokenVerdict.UsedUp));
    }

    [Fact]
    public async Task A_credential_is_good_until_it_expires_or_is_revoked()
    {
        CredentialRow row = new()
        {
            Name = "ada",
            Hash = Sample.DigestOf("ada's secret"),
            Roles = ["admin", "viewer"],
            CreatedAtMs = 1,
            ExpiresAtMs = 100,
        };
        Assert.Equal(CreateVerdict.Created, await Store.Credentials.CreateAsync(Home, row, None));
        Assert.Equal(CreateVerdict.NameTaken, await Store.Credentials.CreateAsync(Home, row, None));
        CredentialRow stolen = row with { Name = "eve" };
        Assert.Equal(CreateVerdict.HashTaken, await Store.Credentials.CreateAsync(Home, stolen, None));
        CredentialOutcome valid = await Store.Credentials.CheckAsync(Home, row.Hash, 99, None);
        AssertSame(["admin", "viewer"], Assert.IsType<CredentialOutcome.Valid>(valid).Row.Roles);
        Assert.IsType<CredentialOutcome.Expired>(await Store.Credentials.CheckAsync(Home, row.Hash, 100, None));
        Assert.IsType<CredentialOutcome.NotFound>(await Store.Credentials.CheckAsync(Other, row.Hash, 1, None));
        Assert.IsType<CasOutcome.Done>(await Store.Credentials.RevokeAsync(Home, "ada", 50, None));
        Assert.IsType<CasOutcome.Unchanged>(await Store.Credentials.RevokeAsync(Home, "ada", 60, None));
        Assert.IsType<CasOutcome.NotFound>(await Store.Credentials.RevokeAsync(Home, "eve", 60, None));
        Assert.IsType<CredentialOutcome.Revoked>(await Store.Credentials.CheckAsync(Home, row.Hash, 1, None));
        Assert.Equal(50, Assert.Single((await Store.Credentials.ListAsync(Home, null, 5, None)).Items).RevokedAtMs);
        Assert.True(await Store.Credentials.DeleteAsync(Home, "ada", None));
        Assert.False(await Store.Credentials.DeleteAsync(Home, "ada", None));
    }

    [Fact]
    public async Task Trust_documents_only_go_forward()
    {
        Assert.Null(await Store.Trust.LatestAsync(Home, TrustKind.SigningPolicy, None));
        Assert.Equal(GenerationVerdict.Newer, await Store.Trust.PutAsync(Home, Sample.Policy(2, "two"), None));
        long revision = await RevisionAsync();
        Assert.Equal(GenerationVerdict.Same, await Store.Trust.PutAsync(Home, Sample.Policy(2, "two"), None));
        Assert.Equal(GenerationVerdict.Conflict, await Store.Trust.PutAsync(Home, Sample.Policy(2, "forged"), None));
        Assert.Equal(GenerationVerdict.Stale, await Store.Trust.PutAsync(Home, Sample.Policy(1, "one"), None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(GenerationVerdict.Newer, await Store.Trust.PutAsync(Home, Sample.Policy(5, "five"), None));
        Assert.Equal(5, (await Store.Trust.LatestAsync(Home, TrustKind.SigningPolicy, None))!.Version);
        Assert.Null(await Store.Trust.LatestAsync(Home, TrustKind.DesiredKeys, None));
        TrustRow? older = await Store.Trust.FindAsync(Home, TrustKind.SigningPolicy, 2, None);
        AssertSame(Sample.Bytes("envelope two"), older!.Envelope);
        var versions = await Store.Trust.ListAsync(Home, TrustKind.SigningPolicy, None);
        AssertSame([5L, 2L], versions.Select(t => t.Version));
    }

    [Fact]
    public async Task A_lease_has_one_holder_until_it_expires_or_is_given_back()
    {
        LeaseClaim mine = new("planner", "r1", 1000, 2000);
        LeaseClaim longer = mine with { ExpiresAtMs = 2400 };
        LeaseClaim theirs = new("planner", "r2", 1500, 2500);
        long revision = await RevisionAsync();
        Assert.Equal(new LeaseOutcome.Held(1), await Store.Leases.AcquireAsync(Home, mine, None));
        Assert.Equal(new LeaseOutcome.HeldByOther("r1", 2000), await Store.Leases.AcquireAsync(Home, theirs, None));
        Assert.Equal(new LeaseOutcome.Held(1), await Store.Leases.AcquireAsync(Home, longer, None));
        Assert.Equal(
            new LeaseOutcome.Held(2), await Store.Leases.AcquireAsync(Home, theirs with { NowMs = 2400 }, None));
        Assert.False(await Store.Leases.ReleaseAsync(Home, "planner", "r1", None));
        Assert.True(await Store.Leases.ReleaseAsync(Home, "planner", "r2", None));
        Assert.Equal(new LeaseOutcome.Held(3), await Store.Leases.AcquireAsync(Home, mine, None));
        Assert.Equal(new LeaseOutcome.Held(1), await Store.Leases.AcquireAsync(Other, mine, None));
        Assert.Equal(revision, await RevisionAsync());
    }
}
