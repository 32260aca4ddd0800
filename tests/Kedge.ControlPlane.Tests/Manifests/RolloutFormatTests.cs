using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;
using Kedge.Core.Rollouts;

namespace Kedge.ControlPlane.Tests.Manifests;

public sealed class RolloutFormatTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        foreach (RolloutState state in States())
        {
            string text = RolloutFormat.Write(state);
            Assert.True(RolloutFormat.TryRead(text, out RolloutState? read), text);
            Assert.Equal(text, RolloutFormat.Write(read));
            Assert.Equal(state with { Stable = null }, read with { Stable = null });
            Assert.Equal(state.Stable?.Revision, read.Stable?.Revision);
            Assert.Equal(state.Stable?.Spec.Strategy, read.Stable?.Spec.Strategy);
        }
    }

    [Fact]
    public void A_deployment_keeps_its_gates_and_one_without_them_reads_as_before()
    {
        DeploymentSpec spec = Spec();
        Assert.True(DeploymentFormat.TryRead(DeploymentFormat.Write(spec), out DeploymentSpec? read));
        Assert.Equal(spec.Strategy.Gates, read.Strategy.Gates);
        Assert.Equal((2, TimeSpan.FromMinutes(2)), (read.Strategy.Gates.Latency.Length, read.Strategy.Gates.Window));
        DeploymentSpec older = spec with { Strategy = spec.Strategy with { Gates = new GatesSpec() } };
        string text = DeploymentFormat.Write(older);
        Assert.DoesNotContain("gates", text, StringComparison.Ordinal);
        Assert.True(DeploymentFormat.TryRead(text, out read));
        Assert.True(read.Strategy.Gates.IsEmpty);
    }

    [Fact]
    public void A_text_that_was_cut_or_damaged_is_refused_or_says_something_whole()
    {
        string text = RolloutFormat.Write(States().Last());
        for (int length = 0; length < text.Length; length++)
        {
            Assert.False(RolloutFormat.TryRead(text[..length], out _), text[..length]);
        }

        Random random = new(7);
        for (int round = 0; round < 5000; round++)
        {
            char[] damaged = text.ToCharArray();
            damaged[random.Next(damaged.Length)] = (char)random.Next(1, 128);
            if (RolloutFormat.TryRead(new string(damaged), out RolloutState? read))
            {
                Assert.True(read.Target > 0 && read.Phase != RolloutPhase.Unknown);
                RolloutFormat.Write(read);
            }
        }
    }

    [Theory]
    [InlineData("\"target\":7", "\"target\":0")]
    [InlineData("\"target\":7", "\"target\":2")]
    [InlineData("\"target\":7", "\"target\":7.5")]
    [InlineData("\"target\":7", "\"target\":\"7\"")]
    [InlineData("\"target\":7", "\"target\":7,\"gates\":[]")]
    [InlineData("\"phase\":\"paused\"", "\"phase\":\"unknown\"")]
    [InlineData("\"phase\":\"paused\"", "\"phase\":2")]
    [InlineData("\"wave\":2", "\"wave\":-1")]
    [InlineData("\"wave\":2", "\"wave\":99999999999")]
    [InlineData("\"soakFromMs\":50", "\"soakFromMs\":-1")]
    [InlineData("\"promoted\":true", "\"promoted\":1")]
    [InlineData("\"revision\":3", "\"revision\":0")]
    [InlineData("\"digests\"", "\"digest\"")]
    [InlineData("\"stable\":{", "\"stable\":[{")]
    public void What_the_store_never_writes_is_refused(string written, string instead)
    {
        string text = RolloutFormat.Write(States().Last());
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.False(RolloutFormat.TryRead(text.Replace(written, instead, StringComparison.Ordinal), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("7")]
    public void Other_json_is_refused(string text) => Assert.False(RolloutFormat.TryRead(text, out _));

    private static IEnumerable<RolloutState> States()
    {
        foreach (RolloutPhase phase in Enum.GetValues<RolloutPhase>())
        {
            if (phase is not (RolloutPhase.Unknown or RolloutPhase.Complete))
            {
                yield return new RolloutState { Target = 1, Phase = phase, StartedAtMs = 1, ChangedAtMs = 2 };
            }
        }

        yield return new RolloutState
        {
            Target = 7,
            Stable = new StableRevision(7, Spec()),
            Phase = RolloutPhase.Complete,
            StartedAtMs = 1,
            ChangedAtMs = 2,
        };
        yield return new RolloutState
        {
            Target = 7,
            Stable = new StableRevision(3, Spec()),
            Phase = RolloutPhase.Paused,
            Wave = 2,
            SoakFromMs = 50,
            StartedAtMs = 40,
            ChangedAtMs = 60,
            Promoted = true,
            Code = RolloutErrors.PausedByPerson.Code,
            Reason = "paused by \"ada\" \u00e9\n",
        };
    }

    private static DeploymentSpec Spec()
    {
        const string Text = """
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: bearing-monitor}
            spec:
              selector: {matchLabels: {line: press}}
              models: [{name: bearing, package: "bearing:v1"}]
              endpoint: {port: 8500, expose: loopback}
              strategy:
                type: Waves
                gates:
                  window: 2m
                  errors: {max: 1%, maxIncrease: 0.5%, minRequests: 300}
                  latency: [{quantile: p50, maxRatio: 1.5}, {quantile: p99, max: 50ms}]
                  memory: {max: 200Mi, maxRatio: 2}
                  maxRestarts: 1
                  temperature: {max: 85, maxIncrease: 10}
                  golden: {agreement: 98%}
                  drift: {maxInputs: 0.25, maxOutputs: 0.1, minRequests: 1000}
            """;
        DeploymentSpec spec = Assert.IsType<ManifestOutcome.Valid>(ManifestYaml.ReadSet(Text)).Set.Deployments[0].Spec;
        return spec with { Models = [.. spec.Models.Select(m => m with { Digest = Digest.Of("package"u8) })] };
    }
}
