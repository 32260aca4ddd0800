using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Kedge.Agent.Trust;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Tests.Support.Disks;
using Kedge.Wire.Enrolment;

namespace Kedge.Agent.Tests.Trust;

/// <summary>What a device trusts while its owner's key changes.</summary>
public sealed class TrustKeeperTests : IDisposable
{
    private readonly ECDsa[] _owners =
        [.. Enumerable.Range(0, 5).Select(static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    private readonly ECDsa _models = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly MemoryDisk _disk = new();

    public void Dispose()
    {
        _models.Dispose();
        Array.ForEach(_owners, static key => key.Dispose());
    }

    [Fact]
    public void A_device_that_slept_through_three_changes_follows_all_three_and_remembers_it()
    {
        TrustKeeper keeper = Open();
        Assert.Empty(keeper.Offer(Documents(0, 5, owners: 0)));
        Assert.Empty(keeper.Offer(Documents(3, 6, owners: 3)));
        Assert.Equal(Id(3), keeper.Owner.KeyId);
        Assert.Equal(6, keeper.Policy!.Version);

        TrustKeeper again = Open();
        Assert.Equal(Id(3), again.Owner.KeyId);
        Assert.Equal(6, again.Policy!.Version);
        Assert.Single(again.DesiredKeys);
        Assert.Empty(again.Offer(Documents(3, 6, owners: 3)));
    }

    [Fact]
    public async Task What_the_loop_and_a_fetch_offer_at_once_never_goes_back()
    {
        TrustDocuments older = Documents(0, 5, owners: 0);
        TrustDocuments newer = Documents(0, 6, owners: 0);
        for (int round = 0; round < 100; round++)
        {
            MemoryDisk disk = new();
            TrustKeeper keeper = TrustKeeper.Open(disk, TrustedKey.Of(_owners[0]).PublicKey, 1);
            using Barrier start = new(2);
            Task loop = Task.Factory.StartNew(
                () => OfferAt(start, keeper, older), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            OfferAt(start, keeper, newer);
            await loop;
            Assert.Equal(6, keeper.Policy!.Version);
            Assert.Equal(6, TrustKeeper.Open(disk, TrustedKey.Of(_owners[0]).PublicKey, 1).Policy!.Version);
        }

        static void OfferAt(Barrier start, TrustKeeper keeper, TrustDocuments documents)
        {
            start.SignalAndWait();
            _ = keeper.Offer(documents);
        }
    }

    [Fact]
    public void The_old_key_counts_no_more_whatever_version_it_signs()
    {
        TrustKeeper keeper = Open();
        Assert.Empty(keeper.Offer(Documents(1, 2, owners: 1)));
        ImmutableArray<Finding> findings = keeper.Offer(Documents(0, 900, owners: 1));
        Assert.Equal(TrustErrors.UnknownKey.Code, findings[0].Code);
        Assert.Equal(2, keeper.Policy!.Version);
        Assert.Equal(2, Open().Policy!.Version);
    }

    [Fact]
    public void A_high_number_of_a_thief_does_not_block_the_key_that_follows()
    {
        TrustKeeper keeper = Open();
        Assert.Empty(keeper.Offer(Documents(0, ContentMax, owners: 0)));
        Assert.Empty(keeper.Offer(Documents(1, 3, owners: 1)));
        Assert.Equal(3, keeper.Policy!.Version);
        TrustKeeper again = Open();
        Assert.Equal(3, again.Policy!.Version);
        Assert.Equal(TrustErrors.PolicyStale.Code, again.Offer(Documents(1, 2, owners: 1))[0].Code);
    }

    [Fact]
    public void Until_the_owner_signs_anew_what_is_held_stays_and_nobody_complains()
    {
        TrustKeeper keeper = Open();
        TrustDocuments before = Documents(0, 4, owners: 0);
        Assert.Empty(keeper.Offer(before));
        Assert.Empty(keeper.Offer(before with { OwnerKeys = Steps(1) }));
        Assert.Equal(Id(1), keeper.Owner.KeyId);
        Assert.Equal(4, keeper.Policy!.Version);
        TrustKeeper again = Open();
        Assert.Equal((Id(1), 4), (again.Owner.KeyId, again.Policy!.Version));
        Assert.Single(again.DesiredKeys);
    }

    [Fact]
    public void Another_key_that_follows_the_same_one_is_an_alarm()
    {
        TrustKeeper keeper = Open();
        Assert.Empty(keeper.Offer(Documents(1, 2, owners: 1)));
        string fork = Encoding.UTF8.GetString(OwnerKeyDocument.Sign(2, _owners[0], _owners[4]));
        ImmutableArray<Finding> findings = keeper.Offer(Documents(1, 2, owners: 0) with { OwnerKeys = [fork] });
        Assert.Equal(TrustErrors.OwnerFork.Code, Assert.Single(findings).Code);
        Assert.Equal(Id(1), keeper.Owner.KeyId);
    }

    [Fact]
    public void Steps_by_strangers_out_of_order_or_unreadable_change_nothing()
    {
        TrustKeeper keeper = Open();
        Assert.Empty(keeper.Offer(Documents(0, 1, owners: 0)));
        string stranger = Encoding.UTF8.GetString(OwnerKeyDocument.Sign(2, _owners[3], _owners[4]));
        TrustDocuments wrong = Documents(0, 1, owners: 0) with { OwnerKeys = [stranger, Steps(2)[1], "", "{"] };
        Assert.Equal(
            ["KEDGE-TRUST-024", "KEDGE-TRUST-026", "KEDGE-TRUST-001", "KEDGE-TRUST-001"],
            keeper.Offer(wrong).Select(static one => one.Code));
        Assert.Equal(Id(0), keeper.Owner.KeyId);
    }

    [Fact]
    public void A_device_that_came_in_after_changes_is_pinned_to_the_newest_key()
    {
        TrustKeeper keeper = TrustKeeper.Open(_disk, TrustedKey.Of(_owners[2]).PublicKey, 3);
        Assert.Empty(keeper.Offer(Documents(2, 9, owners: 2)));
        Assert.Empty(keeper.Offer(Documents(3, 10, owners: 3)));
        Assert.Equal(Id(3), keeper.Owner.KeyId);
        Assert.Equal(Id(3), TrustKeeper.Open(_disk, TrustedKey.Of(_owners[2]).PublicKey, 3).Owner.KeyId);
    }

    [Fact]
    public void Cut_at_any_change_of_the_disk_a_device_holds_all_of_the_old_or_all_of_the_new()
    {
        CuttingDisk counting = new(new MemoryDisk(), 0, new Rng(1));
        Story(counting);
        Assert.InRange(counting.Changes, 4, 100);
        for (long at = 1; at <= counting.Changes; at++)
        {
            MemoryDisk disk = new();
            Rng rng = new((ulong)at);
            try
            {
                Story(new CuttingDisk(disk, at, rng));
            }
            catch (PowerCutException)
            {
                // The device is off.
            }

            disk.Cut(rng);
            TrustKeeper keeper = TrustKeeper.Open(disk, TrustedKey.Of(_owners[0]).PublicKey, 1);
            (long Policy, Digest Owner) held = (keeper.Policy?.Version ?? 0, keeper.Owner.KeyId);
            Assert.Contains(held, new[] { (0L, Id(0)), (1L, Id(0)), (2L, Id(2)) });
            Assert.Empty(keeper.Offer(Documents(2, 2, owners: 2)));
            Assert.Equal((2L, Id(2)), (keeper.Policy!.Version, keeper.Owner.KeyId));
        }
    }

    private const long ContentMax = Kedge.Content.ContentLimits.VersionMax;

    private void Story(CuttingDisk disk)
    {
        TrustKeeper keeper = TrustKeeper.Open(disk, TrustedKey.Of(_owners[0]).PublicKey, 1);
        _ = keeper.Offer(Documents(0, 1, owners: 0));
        _ = keeper.Offer(Documents(2, 2, owners: 2));
    }

    private TrustKeeper Open() => TrustKeeper.Open(_disk, TrustedKey.Of(_owners[0]).PublicKey, 1);

    private Digest Id(int owner) => TrustedKey.Of(_owners[owner]).KeyId;

    private string[] Steps(int owners) => [.. Enumerable.Range(0, owners).Select(at =>
        Encoding.UTF8.GetString(OwnerKeyDocument.Sign(at + 2, _owners[at], _owners[at + 1])))];

    private readonly Dictionary<(int, long, int), TrustDocuments> _made = [];

    /// <summary>Documents of one version by one owner key, with so many changes of it.</summary>
    private TrustDocuments Documents(int by, long version, int owners)
    {
        if (_made.TryGetValue((by, version, owners), out TrustDocuments? made))
        {
            return made;
        }

        TrustedKey key = TrustedKey.Of(_models);
        SigningPolicyDocument policy = new()
        {
            Version = version,
            Rules = [new PolicyRule { KeyId = key.KeyId, PublicKey = key.PublicKey, Models = ["*"] }],
        };
        string one = $"{{\"keyId\":\"{key.KeyId}\",\"spki\":\"{key.PublicKey}\"}}";
        string list = $"{{\"version\":{version},\"keys\":[{one}]}}";
        return _made[(by, version, owners)] = new TrustDocuments
        {
            SigningPolicy = Encoding.UTF8.GetString(
                Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(policy), _owners[by])),
            DesiredKeys = Encoding.UTF8.GetString(Dsse.Sign(
                "application/vnd.kedge.desired-keys.v1+json", Encoding.UTF8.GetBytes(list), _owners[by])),
            OwnerKeys = Steps(owners),
        };
    }
}
