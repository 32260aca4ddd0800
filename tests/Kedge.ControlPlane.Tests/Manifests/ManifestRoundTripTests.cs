using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Tests.Support;

namespace Kedge.ControlPlane.Tests.Manifests;

public class ManifestRoundTripTests
{
    private static readonly string[] _values =
        ["a", "1", "true", "no", "1.10", "null", "", "x_y.z", "0x10", "1e3", "2024-01-01",
            "A-1", "64Mi", "12e", "0xab"];

    [Fact]
    public void A_written_deployment_reads_back_as_the_same_spec() =>
        Prop.ForAll(Deployments.ToArbitrary(), spec =>
        {
            ManifestNode.Mapping node = ManifestWriter.Write(spec);
            string yaml = ManifestText.ToYaml(node);
            string json = ManifestText.ToJson(node);
            using JsonDocument parsed = JsonDocument.Parse(json);
            return yaml == ManifestText.ToYaml(ManifestWriter.Write(ReadBack(yaml)))
                && yaml == ManifestText.ToYaml(ManifestWriter.Write(ReadBack(json)))
                && Same(spec, ReadBack(yaml));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Every_file_of_examples_is_a_manifest()
    {
        string folder = GoldenFile.PathOf("examples/manifests");
        Assert.All(Directory.EnumerateFiles(folder, "*.yaml"), file =>
        {
            string once = Rewrite(File.ReadAllText(file));
            Assert.Equal(once, Rewrite(once));
        });
    }

    [Fact]
    public void Every_example_is_written_as_it_reads()
    {
        foreach (KindSchema kind in ManifestKinds.All)
        {
            string once = Rewrite(kind.Example);
            Assert.Equal(once, Rewrite(once));
        }

        Assert.Equal(
            """
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata:
              name: bearing-monitor
              labels:
                team: maintenance
            spec:
              selector:
                matchLabels:
                  line: press
                matchExpressions:
                - key: site
                  operator: In
                  values: [lyon, turin]
              models:
              - name: bearing
                package: "bearing:v2"
              endpoint:
                port: 8500
                expose: loopback
              resources:
                requests:
                  memory: 64Mi
                limits:
                  cpu: 500m
                  memory: 256Mi
                  pids: 64
              cpuSet: auto
              accelerators: [gpu, npu, cpu]
              strategy:
                type: All

            """,
            Rewrite(ManifestKinds.Find("Deployment")!.Example));
    }

    private static string Rewrite(string text)
    {
        var valid = Assert.IsType<ManifestOutcome.Valid>(ManifestYaml.ReadSet(text));
        ManifestSet set = valid.Set;
        return ManifestText.ToYaml(set switch
        {
            { Deployments: [var deployment] } => ManifestWriter.Write(deployment.Spec),
            { Devices: [var device] } => ManifestWriter.Write(device.Spec),
            { Models: [var model] } => ManifestWriter.Write(model.Spec),
            { Tokens: [var token] } => ManifestWriter.Write(token.Spec),
            { Sites: [var site] } => ManifestWriter.Write(site.Spec),
            { SigningPolicies: [var policy] } => ManifestWriter.Write(policy.Spec),
            _ => throw new InvalidOperationException("one object is expected"),
        });
    }

    private static DeploymentSpec ReadBack(string text) => ManifestYaml.ReadSet(text) switch
    {
        ManifestOutcome.Valid valid => valid.Set.Deployments.Single().Spec,
        ManifestOutcome.Invalid invalid =>
            throw new InvalidOperationException(string.Join('\n', invalid.Findings) + "\n" + text),
        _ => throw new InvalidOperationException(),
    };

    private static bool Same(DeploymentSpec a, DeploymentSpec b) =>
        a.Id == b.Id
        && a.Labels.SequenceEqual(b.Labels)
        && a.Selector.MatchLabels.SequenceEqual(b.Selector.MatchLabels)
        && a.Selector.MatchExpressions.Zip(b.Selector.MatchExpressions).All(pair =>
            pair.First.Key == pair.Second.Key
            && pair.First.Operator == pair.Second.Operator
            && pair.First.Values.SequenceEqual(pair.Second.Values))
        && a.Models.SequenceEqual(b.Models)
        && a.Endpoint == b.Endpoint
        && a.Resources == b.Resources
        && a.CpuSet == b.CpuSet
        && a.Accelerators.SequenceEqual(b.Accelerators)
        && a.Sandbox == b.Sandbox
        && a.ModelMemoryBytes == b.ModelMemoryBytes
        && a.Probe.Equals(b.Probe);

    private static Gen<DeploymentSpec> Deployments =>
        from labels in Labels
        from match in Labels
        from expressions in Gen.ListOf(Expression, 2)
        from port in Gen.Choose(0, 65_535)
        from memory in Gen.Choose(16, 4_096)
        from cpu in Gen.Choose(0, 64)
        from processors in Gen.Elements("auto", "0", "0-1,3", "2")
        from accelerators in Gen.SubListOf(new[] { AcceleratorKind.Cpu, AcceleratorKind.Gpu, AcceleratorKind.Npu })
        from sandbox in Gen.Elements(SandboxRule.Required, SandboxRule.None)
        from every in Gen.Elements(0, 5, 30, 3_600)
        from failures in Gen.Choose(1, 10)
        from serving in Serving
        from versions in Gen.Elements<VersionsSpec>(
            new VersionsSpec.Latest(3), new VersionsSpec.All(), new VersionsSpec.Listed(["v1", "1.10", "true"]))
        from tag in Gen.Elements("m:v1", "m:1", "m:1.10")
        select new DeploymentSpec
        {
            Id = new DeploymentId("d" + port),
            Labels = labels,
            Selector = new LabelSelector { MatchLabels = match, MatchExpressions = [.. expressions] },
            ModelMemoryBytes = cpu * 1_048_576L,
            Models =
            [
                new ModelChoice("m", tag, default) { Serving = serving },
                new ModelChoice("n1", "x@" + Digest.Of([1]), Digest.Of([1])),
                new ModelChoice("n2", "y", default) { Versions = versions },
            ],
            Endpoint = port == 0 ? new EndpointSpec(Exposure.Unix, 0) : new EndpointSpec(Exposure.Loopback, port),
            Resources = new ResourceSpec
            {
                MemoryLimitBytes = (memory + 64) * 1_048_576L,
                MemoryRequestBytes = (memory / 2) * 1_048_576L,
                CpuLimitMilli = cpu * 125,
                PidsLimit = memory,
            },
            CpuSet = processors,
            Accelerators = accelerators.Count == 0 ? [AcceleratorKind.Cpu] : [.. accelerators],
            Sandbox = sandbox,
            Probe = new ProbeSpec(TimeSpan.FromSeconds(every), TimeSpan.FromSeconds(failures + 2), failures),
        };

    private static Gen<ServingSpec> Serving =>
        from instances in Gen.Choose(0, 256)
        from cache in Gen.Elements(0, 1, 16)
        from sizes in Gen.SubListOf(new[] { 2, 4, 8, 64 })
        from queue in Gen.Elements(1, 128, 65_536)
        from delay in Gen.Elements(0, 1, 1_500, 10_000_000)
        from flag in Gen.Elements(true, false)
        from batches in Gen.Elements(true, false)
        from levels in Gen.Choose(0, 3)
        select new ServingSpec
        {
            Instances = instances,
            Weight = levels == 0 ? 1 : instances + 1,
            CacheBytes = cache * 1_048_576L,
            WarmsUp = flag,
            Batching = batches
                ? new BatchingSpec
                {
                    MaxSize = 64,
                    Preferred = [.. sizes],
                    MaxDelayUs = delay,
                    IsAdaptive = !flag,
                    QueueMax = queue,
                    TimeoutUs = delay * 2,
                    Priorities =
                    [
                        .. Enumerable.Range(0, levels)
                            .Select(level => new PrioritySpec(level * queue / 4, delay * level)),
                    ],
                    DefaultPriority = levels,
                }
                : null,
        };

    private static Gen<ImmutableSortedDictionary<string, string>> Labels =>
        from keys in Gen.SubListOf(new[] { "line", "x.y/z", "true", "1", "on", "a_b" })
        from values in Gen.ArrayOf(Gen.Elements(_values), 6)
        select keys.Select((key, index) => (key, values[index]))
            .ToImmutableSortedDictionary(pair => pair.key, pair => pair.Item2, StringComparer.Ordinal);

    private static Gen<SelectorExpression> Expression =>
        from key in Gen.Elements("site", "hall", "1")
        from word in Gen.Elements(SelectorOperator.In, SelectorOperator.NotIn, SelectorOperator.Exists)
        from values in Gen.SubListOf(_values)
        select new SelectorExpression(
            key,
            values.Count == 0 ? SelectorOperator.DoesNotExist : word,
            word == SelectorOperator.Exists ? [] : [.. values]);
}
