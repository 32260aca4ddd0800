using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class CertificateSuite(IStoreDriver driver) : StoreSuite(driver)
{
    [Fact]
    public async Task A_certificate_is_recorded_once()
    {
        CertificateRow row = Sample.Certificate("d1", "AA01");
        Assert.IsType<CasOutcome.Done>(await Store.Certificates.RecordAsync(Home, row, None));
        Assert.IsType<CasOutcome.Unchanged>(await Store.Certificates.RecordAsync(Home, row, None));
        Assert.IsType<CasOutcome.Conflict>(await Store.Certificates.RecordAsync(
            Home, row with { Thumbprint = Sample.DigestOf("forged") }, None));
        Assert.Equal(row, await Store.Certificates.FindAsync(Home, "AA01", None));
        Assert.Null(await Store.Certificates.FindAsync(Other, "AA01", None));
    }

    [Fact]
    public async Task Certificates_of_a_device_are_listed_newest_first()
    {
        await Store.Certificates.RecordAsync(Home, Sample.Certificate("d1", "AA01") with { IssuedAtMs = 1 }, None);
        await Store.Certificates.RecordAsync(Home, Sample.Certificate("d1", "AA02") with { IssuedAtMs = 2 }, None);
        await Store.Certificates.RecordAsync(Home, Sample.Certificate("d2", "AA03"), None);
        var own = await Store.Certificates.ListAsync(Home, new("d1"), None);
        AssertSame(["AA02", "AA01"], own.Select(c => c.Serial));
    }

    [Fact]
    public async Task A_revocation_is_listed_until_the_certificate_expires_and_then_forgotten()
    {
        await Store.Certificates.RecordAsync(Home, Sample.Certificate("d1", "AA01"), None);
        Assert.IsType<CasOutcome.NotFound>(await Store.Certificates.RevokeAsync(Home, "FFFF", 5, "lost", None));
        Assert.IsType<CasOutcome.Done>(await Store.Certificates.RevokeAsync(Home, "AA01", 5, "lost", None));
        Assert.IsType<CasOutcome.Unchanged>(await Store.Certificates.RevokeAsync(Home, "AA01", 6, "again", None));
        CertificateRow revoked = Assert.Single(await Store.Certificates.ListRevokedAsync(Home, 9_999, None));
        Assert.Equal((5, "lost"), (revoked.RevokedAtMs, revoked.RevokedBecause));
        Assert.Empty(await Store.Certificates.ListRevokedAsync(Home, 10_000, None));
        Assert.Equal(0, await Store.Certificates.ForgetExpiredAsync(Home, 10_000, None));
        Assert.Equal(1, await Store.Certificates.ForgetExpiredAsync(Home, 10_001, None));
        Assert.Null(await Store.Certificates.FindAsync(Home, "AA01", None));
    }
}
