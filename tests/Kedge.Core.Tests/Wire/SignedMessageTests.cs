using System.Security.Cryptography;
using System.Text;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Tests.Support;
using Kedge.Wire;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;

namespace Kedge.Core.Tests.Wire;

public sealed class SignedMessageTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_was_signed_verifies_and_reads_back()
    {
        DesiredState state =
            Real(Specs.Desired(7, Specs.Workload("bearing", "v1"), Specs.Workload("pump", "v2", 3, 8501)));
        SignedMessage message = Parse(SignedMessage.Sign(DesiredMessage.Write(state), _key));
        Assert.Null(message.Verify(Trusted()));
        DesiredState read = DesiredMessage.TryRead(message.Body, out Finding? finding)!;
        Assert.Null(finding);
        Assert.Equal(DesiredMessage.Write(state), DesiredMessage.Write(read));
        Assert.Equal(state.Workloads.Select(w => w.Digest), read.Workloads.Select(w => w.Digest));
    }

    [Fact]
    public void Any_flipped_bit_is_refused()
    {
        byte[] signed = SignedMessage.Sign(
            DesiredMessage.Write(Real(Specs.Desired(1, Specs.Workload("a", "v1")))), _key);
        for (int i = 0; i < signed.Length; i++)
        {
            byte[] bad = [.. signed];
            bad[i] ^= 1;
            SignedMessage? message = SignedMessage.TryParse(bad, out Finding? finding);
            Assert.True(message is null ? finding is not null : message.Verify(Trusted()) is not null, $"byte {i}");
        }
    }

    [Fact]
    public void An_unknown_key_is_named()
    {
        SignedMessage message = Parse(SignedMessage.Sign("{}"u8, _key));
        Assert.Equal(WireErrors.UnknownKey.Code, message.Verify(new Dictionary<Digest, byte[]>())!.Code);
    }

    [Fact]
    public void A_message_cut_at_any_byte_is_refused()
    {
        byte[] signed = SignedMessage.Sign("{\"v\":1}"u8, _key);
        for (int length = 0; length < signed.Length; length++)
        {
            SignedMessage? message = length == 0 ? null : SignedMessage.TryParse(signed.AsMemory(0, length), out _);
            Assert.True(message is null || message.Verify(Trusted()) is not null);
        }
    }

    [Fact]
    public void An_unknown_critical_field_keeps_the_old_state()
    {
        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1))))
            .Replace("[\"workloads\"]", "[\"workloads\",\"waves\"]", StringComparison.Ordinal);
        Assert.Null(DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out Finding? finding));
        Assert.Equal(WireErrors.UnknownCritical.Code, finding!.Code);
    }

    [Fact]
    public void How_an_instance_is_probed_is_told_beside_the_release()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        WorkloadSpec strict = usual with
        {
            Probe = new ProbeSpec(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 4),
        };
        Assert.Equal(DesiredMessage.ReleaseDigest(usual), DesiredMessage.ReleaseDigest(strict));
        Assert.Equal(usual, strict);

        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, strict))));
        const string Written = ",\"probe\":{\"everyMs\":10000,\"timeoutMs\":2000,\"failures\":4}";
        Assert.Contains(Written, json, StringComparison.Ordinal);
        Assert.Equal(strict.Probe, ProbeOf(json));
        Assert.Equal(ProbeSpec.Default, ProbeOf(json.Replace(Written, "", StringComparison.Ordinal)));
        Assert.True(ProbeOf(json.Replace(":10000", ":0", StringComparison.Ordinal)).IsOff);
        ProbeSpec bounded = ProbeOf(json.Replace(":10000", ":1", StringComparison.Ordinal)
            .Replace(":2000", $":{long.MaxValue}", StringComparison.Ordinal)
            .Replace("failures\":4", "failures\":4000", StringComparison.Ordinal));
        Assert.Equal(new ProbeSpec(ProbeSpec.EveryMin, ProbeSpec.TimeoutMax, ProbeSpec.FailuresMax), bounded);
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.DoesNotContain("probe", older, StringComparison.Ordinal);

        static ProbeSpec ProbeOf(string json) =>
            DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0].Probe;
    }

    [Fact]
    public void How_a_model_is_run_is_part_of_the_release_and_critical()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        ServingSpec serving = new()
        {
            Instances = 2,
            CacheBytes = 4096,
            WarmsUp = false,
            Batching = new BatchingSpec { MaxSize = 8, Preferred = [4, 8], MaxDelayUs = 500, TimeoutUs = 9 },
        };
        WorkloadSpec batched = usual with
        {
            Models = [usual.Models[0] with { Serving = serving }],
            ModelMemoryBytes = 1 << 30,
        };
        Assert.NotEqual(DesiredMessage.ReleaseDigest(usual), DesiredMessage.ReleaseDigest(batched));

        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, batched))));
        Assert.Contains(
            "\"critical\":[\"workloads\",\"serving\",\"modelMemoryBytes\"]", json, StringComparison.Ordinal);
        WorkloadSpec read = DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0];
        Assert.Equal(serving, read.Models[0].Serving);
        Assert.Equal(1 << 30, read.ModelMemoryBytes);
        string[] wrong = ["[8,4]", "[1]", "[16]", "[4,4]", "4", $"[{string.Join(',', Enumerable.Range(2, 17))}]"];
        Assert.All(wrong, sizes => Assert.Null(DesiredMessage.TryRead(
            Encoding.UTF8.GetBytes(json.Replace("[4,8]", sizes, StringComparison.Ordinal)), out _)));
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.Contains("\"critical\":[\"workloads\"]", older, StringComparison.Ordinal);
        Assert.DoesNotContain("serving", older, StringComparison.Ordinal);
        Assert.DoesNotContain("modelMemory", older, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_weights_and_priorities_are_part_of_the_release_and_critical()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        ServingSpec serving = new()
        {
            Weight = 7,
            Batching = new BatchingSpec
            {
                Priorities = [new PrioritySpec(4, 9), new PrioritySpec(0, 0)], DefaultPriority = 1,
            },
        };
        WorkloadModel model = usual.Models[0];
        WorkloadSpec both = usual with
        {
            Models =
            [
                model with { Version = "v2", Serving = serving },
                model with { Version = "v1", Package = Digest.Of("v0"u8), PackageLabel = "a:v1" },
            ],
        };
        Digest[] digests =
        [
            DesiredMessage.ReleaseDigest(usual),
            DesiredMessage.ReleaseDigest(usual with { Models = [model with { Version = "v2" }] }),
            DesiredMessage.ReleaseDigest(usual with { Models = [model with { Serving = serving }] }),
            DesiredMessage.ReleaseDigest(
                usual with { Models = [model with { Serving = serving with { Batching = null } }] }),
            DesiredMessage.ReleaseDigest(both),
        ];
        Assert.Equal(digests.Length, digests.Distinct().Count());

        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, both))));
        Assert.Contains(
            "\"critical\":[\"workloads\",\"serving\",\"serving.weight\",\"serving.priorities\",\"models.version\"]",
            json, StringComparison.Ordinal);
        WorkloadSpec read = DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0];
        Assert.Equal(both.Models.AsEnumerable(), read.Models);
        Assert.Equal(["a.v2", "a.v1"], read.Models.Select(static m => m.Key));
        (string Right, string Wrong)[] pairs =
        [
            ("\"version\":\"v1\"", "\"version\":\"v2\""), ("\"version\":\"v1\"", "\"version\":\"../v1\""),
            ("\"weight\":7", "\"weight\":1001"), ("\"defaultPriority\":1", "\"defaultPriority\":3"),
            ("{\"queueMax\":4,\"timeoutUs\":9}", "{\"queueMax\":-1,\"timeoutUs\":9}"),
        ];
        Assert.All(pairs, pair => Assert.Null(DesiredMessage.TryRead(
            Encoding.UTF8.GetBytes(json.Replace(pair.Right, pair.Wrong, StringComparison.Ordinal)), out _)));
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.Contains("\"critical\":[\"workloads\"]", older, StringComparison.Ordinal);
        Assert.DoesNotContain("version", older, StringComparison.Ordinal);
    }

    [Fact]
    public void How_long_figures_are_collected_is_told_beside_the_release()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        WorkloadSpec brief = usual with { FigureWindow = TimeSpan.FromSeconds(30) };
        Assert.Equal(DesiredMessage.ReleaseDigest(usual), DesiredMessage.ReleaseDigest(brief));
        Assert.Equal(usual, brief);

        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, brief))));
        Assert.Contains("\"figureWindowMs\":30000", json, StringComparison.Ordinal);
        Assert.Equal(brief.FigureWindow, WindowOf(json));
        string none = json.Replace(",\"figureWindowMs\":30000", "", StringComparison.Ordinal);
        string least = json.Replace(":30000", ":1", StringComparison.Ordinal);
        string most = json.Replace(":30000", $":{long.MaxValue}", StringComparison.Ordinal);
        Assert.Equal(Limits.FigureWindow, WindowOf(none));
        Assert.Equal(Limits.FigureWindowMin, WindowOf(least));
        Assert.Equal(Limits.FigureWindowMax, WindowOf(most));
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.DoesNotContain("figureWindowMs", older, StringComparison.Ordinal);

        static TimeSpan WindowOf(string json) =>
            DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0].FigureWindow;
    }

    [Fact]
    public void The_share_of_golden_samples_and_whether_values_are_counted_are_told_beside_the_release()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        WorkloadSpec lenient = usual with { GoldenPpm = 980_000, CountsValues = true };
        Assert.Equal(DesiredMessage.ReleaseDigest(usual), DesiredMessage.ReleaseDigest(lenient));
        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, lenient))));
        Assert.Equal(
            980_000, DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0].GoldenPpm);
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.True(DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0].CountsValues);
        Assert.DoesNotContain("goldenPpm", older, StringComparison.Ordinal);
        Assert.DoesNotContain("countsValues", older, StringComparison.Ordinal);
        string more = json.Replace(":980000", ":1000001", StringComparison.Ordinal);
        Assert.Null(DesiredMessage.TryRead(Encoding.UTF8.GetBytes(more), out _));
    }

    [Fact]
    public void How_a_release_is_compared_is_told_beside_it()
    {
        WorkloadSpec usual = Specs.Workload("a", "v1");
        ShadowSpec shadow = new()
        {
            SharePpm = 50_000,
            AgreementPpm = 995_000,
            MinRequests = 50,
            Time = TimeSpan.FromHours(2),
            TolerancePpm = 0,
        };
        WorkloadSpec compared = usual with { Shadow = shadow };
        Assert.Equal(DesiredMessage.ReleaseDigest(usual), DesiredMessage.ReleaseDigest(compared));
        Assert.Equal(usual, compared);

        const string Field = """
            ,"shadow":{"sharePpm":50000,"agreementPpm":995000,"minRequests":50,"seconds":7200,"tolerancePpm":0}
            """;
        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, compared))));
        Assert.Contains(Field, json, StringComparison.Ordinal);
        Assert.Equal(shadow, ShadowOf(json));
        Assert.Null(ShadowOf(json.Replace(Field, "", StringComparison.Ordinal)));
        Assert.Equal(ShadowSpec.RequestsMin, ShadowOf(
            Changed("\"minRequests\":50", "\"minRequests\":-3"))?.MinRequests);
        Assert.Equal(1, ShadowOf(Changed(":50000,", ":0,"))?.SharePpm);
        Assert.Equal(1_000_000, ShadowOf(Changed(":995000,", $":{long.MaxValue},"))?.AgreementPpm);
        Assert.Null(DesiredMessage.TryRead(Encoding.UTF8.GetBytes(Changed(":7200", ":\"soon\"")), out _));
        string older = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1, usual))));
        Assert.DoesNotContain("shadow", older, StringComparison.Ordinal);

        string Changed(string what, string to) => json.Replace(what, to, StringComparison.Ordinal);
        static ShadowSpec? ShadowOf(string json) =>
            DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _)!.Workloads[0].Shadow;
    }

    [Fact]
    public void An_unknown_field_that_is_not_critical_is_skipped()
    {
        string json = Encoding.UTF8.GetString(DesiredMessage.Write(Real(Specs.Desired(1))))
            .Replace("{\"v\"", "{\"later\":{\"x\":[1]},\"v\"", StringComparison.Ordinal);
        Assert.NotNull(DesiredMessage.TryRead(Encoding.UTF8.GetBytes(json), out _));
    }

    [Fact]
    public void Mutated_json_never_throws()
    {
        byte[] body = DesiredMessage.Write(Real(Specs.Desired(3, Specs.Workload("a", "v1"))));
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = [.. body];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(32, 127);
            }

            bool read = DesiredMessage.TryRead(bad, out Finding? finding) is not null;
            Assert.True(read ^ finding is not null);
        }
    }

    [Fact]
    public void Labels_and_revision_are_not_part_of_a_release()
    {
        WorkloadSpec spec = Specs.Workload("a", "v1");
        Assert.Equal(
            DesiredMessage.ReleaseDigest(spec), DesiredMessage.ReleaseDigest(spec with { Revision = 9 }));
        Assert.NotEqual(
            DesiredMessage.ReleaseDigest(spec), DesiredMessage.ReleaseDigest(spec with { CpuSet = "0" }));
    }

    private static DesiredState Real(DesiredState state) => state with
    {
        Workloads = [.. state.Workloads.Select(w => w with { Digest = DesiredMessage.ReleaseDigest(w) })],
    };

    private static SignedMessage Parse(byte[] bytes)
    {
        SignedMessage? message = SignedMessage.TryParse(bytes, out Finding? finding);
        Assert.Null(finding);
        return message!;
    }

    private Dictionary<Digest, byte[]> Trusted() =>
        new() { [SignedMessage.KeyIdOf(_key)] = _key.ExportSubjectPublicKeyInfo() };
}
