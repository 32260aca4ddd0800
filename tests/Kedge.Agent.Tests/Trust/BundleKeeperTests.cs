using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Tests.Support.Disks;
using Kedge.Wire;
using Kedge.Wire.Trust;

namespace Kedge.Agent.Tests.Trust;

public sealed class BundleKeeperTests : IDisposable
{
    private static readonly (long WallMs, long FloorMs) Now = (1_000_000, 900_000);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly MemoryDisk _disk = new();
    private readonly BundleKeeper _keeper;

    public BundleKeeperTests()
    {
        CertificateRequest request = new("CN=test root", _rootKey, HashAlgorithmName.SHA256);
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        _keeper = BundleKeeper.Open(_disk, _root);
    }

    [Fact]
    public void A_newer_bundle_is_kept_over_a_restart_and_an_older_one_is_refused()
    {
        Assert.Null(_keeper.Offer(Signed(3), Now));
        Assert.Null(_keeper.Offer(Signed(5), Now));
        Assert.Equal(AgentErrors.BundleOlder.Code, _keeper.Offer(Signed(4), Now)!.Code);
        Assert.Equal(5, _keeper.Held!.Version);

        BundleKeeper again = BundleKeeper.Open(_disk, _root);
        Assert.Equal(5, again.Held!.Version);
        Assert.Equal(AgentErrors.BundleOlder.Code, again.Offer(Signed(4), Now)!.Code);
        Assert.Null(again.Offer(Signed(6), Now));
        Assert.Equal(6, BundleKeeper.Open(_disk, _root).Held!.Version);
    }

    [Fact]
    public void The_same_version_is_taken_once_and_refused_with_other_content()
    {
        string first = Signed(2);
        Assert.Null(_keeper.Offer(first, Now));
        Assert.Null(_keeper.Offer(first, Now));
        string other = TrustBundleFormat.Sign(Bundle(2) with { NotAfterMs = 3_000_000 }, _rootKey);
        Assert.Equal(AgentErrors.BundleOlder.Code, _keeper.Offer(other, Now)!.Code);
        Assert.Equal(2_000_000, _keeper.Held!.NotAfterMs);
    }

    [Fact]
    public void A_bundle_by_a_foreign_root_is_refused()
    {
        using ECDsa foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Finding refused = _keeper.Offer(TrustBundleFormat.Sign(Bundle(7), foreign), Now)!;
        Assert.Equal(AgentErrors.BundleRefused.Code, refused.Code);
        Assert.Contains(WireErrors.UnknownKey.Code, refused.Message, StringComparison.Ordinal);
        Assert.Null(_keeper.Held);
    }

    [Fact]
    public void A_bundle_that_has_ended_is_not_taken_unless_the_clock_may_be_wrong()
    {
        Assert.Equal(AgentErrors.BundleRefused.Code, _keeper.Offer(Signed(1), (2_000_001, 900_000))!.Code);
        Assert.Equal(AgentErrors.BundleRefused.Code, _keeper.Offer(Signed(1), (0, 2_000_001))!.Code);
        Assert.Null(_keeper.Offer(Signed(1), (900_000 + (long)TimeSpan.FromDays(400).TotalMilliseconds, 900_000)));
    }

    [Fact]
    public void What_is_cut_changed_or_garbage_is_refused_and_nothing_is_no_bundle()
    {
        string signed = Signed(1);
        Assert.Null(_keeper.Offer("", Now));
        for (int length = 1; length < signed.Length; length++)
        {
            Assert.Equal(AgentErrors.BundleRefused.Code, _keeper.Offer(signed[..length], Now)?.Code);
        }

        Assert.All(
            ["\n\n", "{}\nx\n", new string('x', TrustBundleFormat.BytesMax + 1)],
            text => Assert.Equal(AgentErrors.BundleRefused.Code, _keeper.Offer(text, Now)?.Code));
        Assert.Null(_keeper.Held);
    }

    [Fact]
    public void A_disk_that_is_full_lets_the_bundle_count_until_the_agent_ends()
    {
        _disk.CapacityBytes = 0;
        Assert.NotNull(_keeper.Offer(Signed(1), Now));
        Assert.Equal(1, _keeper.Held!.Version);
        Assert.Null(BundleKeeper.Open(_disk, _root).Held);
    }

    public void Dispose()
    {
        _root.Dispose();
        _rootKey.Dispose();
    }

    private string Signed(long version) => TrustBundleFormat.Sign(Bundle(version), _rootKey);

    private static TrustBundle Bundle(long version) => new()
    {
        Version = version,
        NotAfterMs = 2_000_000,
        Intermediates = [BundleIntermediate.Of(Encoding.UTF8.GetBytes("one"), 2_000_000)],
        Revoked = [Digest.Of("two"u8)],
    };
}
