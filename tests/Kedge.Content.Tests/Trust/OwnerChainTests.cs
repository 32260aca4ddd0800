using System.Security.Cryptography;
using System.Text;
using Kedge.Content.Tests.Support;
using Kedge.Content.Trust;

namespace Kedge.Content.Tests.Trust;

public sealed class OwnerChainTests : IDisposable
{
    private readonly ECDsa[] _keys =
        [.. Enumerable.Range(0, 5).Select(static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public void Dispose() => Array.ForEach(_keys, static key => key.Dispose());

    [Fact]
    public void A_chain_is_followed_step_by_step_over_any_number_of_changes()
    {
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[0]), 1);
        Assert.Equal(TrustErrors.OwnerGap.Code, RefusedCode(chain.Offer(Step(3, 1, 2))));
        for (int version = 2; version <= 4; version++)
        {
            string step = Step(version, version - 2, version - 1);
            chain = Newer(chain.Offer(step));
            Assert.Equal(version, chain.Version);
            Assert.Equal(TrustedKey.Of(_keys[version - 1]).KeyId, chain.Current.KeyId);
            Assert.IsType<OwnerOutcome.Known>(chain.Offer(step));
        }

        // Who holds all envelopes and the first key comes to the same.
        OwnerChain again = chain.Envelopes.Aggregate(
            OwnerChain.Of(TrustedKey.Of(_keys[0]), 1), static (at, envelope) => Newer(at.Offer(envelope)));
        Assert.Equal(chain.Current.KeyId, again.Current.KeyId);
    }

    [Fact]
    public void Steps_from_before_the_pinned_key_say_nothing()
    {
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[2]), 3);
        Assert.IsType<OwnerOutcome.Known>(chain.Offer(Step(2, 0, 1)));
        Assert.IsType<OwnerOutcome.Known>(chain.Offer(Step(3, 1, 2)));
        Assert.Equal(4, Newer(chain.Offer(Step(4, 2, 3))).Version);
    }

    [Fact]
    public void Two_keys_that_follow_one_are_an_alarm_and_the_first_stays()
    {
        OwnerChain chain = Newer(OwnerChain.Of(TrustedKey.Of(_keys[0]), 1).Offer(Step(2, 0, 1)));
        var fork = Assert.IsType<OwnerOutcome.Conflict>(chain.Offer(Step(2, 0, 2)));
        Assert.Equal(TrustErrors.OwnerFork.Code, fork.Finding.Code);

        // Only the key that counted then can raise it.
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Step(2, 3, 4))));
    }

    [Fact]
    public void A_key_that_was_replaced_leads_nowhere_and_never_comes_back()
    {
        OwnerChain chain = Newer(OwnerChain.Of(TrustedKey.Of(_keys[0]), 1).Offer(Step(2, 0, 1)));
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Step(3, 0, 2))));
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Step(3, 1, 0))));
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Step(3, 3, 4))));
    }

    [Fact]
    public void A_step_needs_the_signatures_of_both_keys()
    {
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[0]), 1);
        Assert.True(Dsse.TryParse(Encoding.UTF8.GetBytes(Step(2, 0, 1)), out DsseEnvelope? both, out _));
        foreach (DsseSignature one in both!.Signatures)
        {
            byte[] half = Dsse.Write(both with { Signatures = [one] });
            Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Encoding.UTF8.GetString(half))));
            byte[] twice = Dsse.Write(both with { Signatures = [one, one] });
            Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Encoding.UTF8.GetString(twice))));
        }
    }

    [Theory]
    [InlineData("", "KEDGE-TRUST-001")]
    [InlineData("{}", "KEDGE-TRUST-001")]
    public void What_is_no_envelope_is_refused(string envelope, string code) => Assert.Equal(
        code, RefusedCode(OwnerChain.Of(TrustedKey.Of(_keys[0]), 1).Offer(envelope)));

    [Theory]
    [InlineData("{\"version\":1,\"previousKey\":\"A\",\"nextKey\":\"B\"}")]
    [InlineData("{\"version\":65,\"previousKey\":\"A\",\"nextKey\":\"B\"}")]
    [InlineData("{\"version\":2,\"previousKey\":\"A\",\"nextKey\":\"A\"}")]
    [InlineData("{\"version\":2,\"previousKey\":\"A\",\"nextKey\":\"AAAA\"}")]
    [InlineData("{\"version\":2,\"previousKey\":\"A\"}")]
    [InlineData("[]")]
    public void A_document_outside_of_its_bounds_is_refused(string payload)
    {
        string json = payload
            .Replace("\"A\"", $"\"{TrustedKey.Of(_keys[0]).PublicKey}\"", StringComparison.Ordinal)
            .Replace("\"B\"", $"\"{TrustedKey.Of(_keys[1]).PublicKey}\"", StringComparison.Ordinal);
        byte[] envelope = Dsse.Sign(
            OwnerKeyDocument.PayloadType, Encoding.UTF8.GetBytes(json), _keys[0], _keys[1]);
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[0]), 1);
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Encoding.UTF8.GetString(envelope))));
    }

    [Fact]
    public void A_document_of_another_type_is_refused_though_both_keys_signed_it()
    {
        byte[] envelope = Dsse.Sign("text/plain", "hello"u8, _keys[0], _keys[1]);
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[0]), 1);
        Assert.Equal(TrustErrors.OwnerRefused.Code, RefusedCode(chain.Offer(Encoding.UTF8.GetString(envelope))));
    }

    [Fact]
    public void Damaged_steps_never_lead_to_another_key()
    {
        OwnerChain chain = OwnerChain.Of(TrustedKey.Of(_keys[0]), 1);
        Damage.Each(Encoding.UTF8.GetBytes(Step(2, 0, 1)), 1_000, bytes =>
        {
            if (chain.Offer(Encoding.UTF8.GetString(bytes)) is OwnerOutcome.Newer newer)
            {
                Assert.Equal(TrustedKey.Of(_keys[1]).KeyId, newer.Chain.Current.KeyId);
            }
        });
    }

    private string Step(long version, int from, int to) =>
        Encoding.UTF8.GetString(OwnerKeyDocument.Sign(version, _keys[from], _keys[to]));

    private static OwnerChain Newer(OwnerOutcome outcome) => Assert.IsType<OwnerOutcome.Newer>(outcome).Chain;

    private static string RefusedCode(OwnerOutcome outcome) =>
        Assert.IsType<OwnerOutcome.Refused>(outcome).Finding.Code;
}
