using System.Text;
using Kedge.ControlPlane.Manifests;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Manifests;

public class ManifestFindingTests
{
    private const string TenMistakes =
        """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata:
          name: Bearing_Monitor
          labels: {team: 5}
        spec:
          selector:
            matchLabel: {line: press}
            matchExpressions:
            - {key: site, operator: in, values: [lyon]}
            - {key: hall, operator: Exists, values: [a]}
          models:
          - {name: bearing, package: "bearing"}
          endpoint: {port: 85000, expose: loopback}
          resources:
            requests: {memory: 1Gi}
            limits: {cpu: half, memory: 256Mi}
          cpuSet: 3-1
          accelerators: [gpu, gpu]
        """;

    [Fact]
    public void Ten_mistakes_give_ten_findings_with_their_lines()
    {
        string[] findings = [.. Findings(TenMistakes).Select(finding => finding.ToString())];
        Assert.Equal(
            [
                "KEDGE-SPEC-015 line 4: metadata.name: 'Bearing_Monitor' is no name (metadata.name)",
                "KEDGE-SPEC-012 line 5: metadata.labels.team takes the value of a label, not the number 5; "
                + "write \"5\" in quotes if that is meant (metadata.labels.team)",
                "KEDGE-SPEC-010 line 8: spec.selector has no field 'matchLabel'; did you mean matchLabels? "
                + "(spec.selector.matchLabel)",
                "KEDGE-SPEC-014 line 10: spec.selector.matchExpressions[0].operator: 'in' is not one of In, NotIn, "
                + "Exists, DoesNotExist; did you mean In? (spec.selector.matchExpressions[0].operator)",
                "KEDGE-SPEC-020 line 11: operator Exists takes no values (spec.selector.matchExpressions[1].values)",
                "KEDGE-SPEC-018 line 13: spec.models[0].package: 'bearing' names no package; write it as name:tag "
                + "(spec.models[0].package)",
                "KEDGE-SPEC-013 line 14: spec.endpoint.port: 85000 is outside 1 to 65535 (spec.endpoint.port)",
                "KEDGE-SPEC-022 line 16: the request of 1Gi is above the limit of 256Mi "
                + "(spec.resources.requests.memory)",
                "KEDGE-SPEC-017 line 17: spec.resources.limits.cpu: 'half' is not an amount of CPU "
                + "(spec.resources.limits.cpu)",
                "KEDGE-SPEC-019 line 18: spec.cpuSet: '3-1' is no list of processors: the range 3-1 ends before "
                + "it begins "
                + "(spec.cpuSet)",
                "KEDGE-SPEC-025 line 19: spec.accelerators names gpu twice (spec.accelerators[1])",
            ],
            findings);
    }

    [Theory]
    [InlineData("KEDGE-SPEC-001", 2, "kind: Deployment\n  metadata: {")]
    [InlineData("KEDGE-SPEC-001", 1, "{\"kind\": \"Deploy")]
    [InlineData("KEDGE-SPEC-005", 1, "a: &x [1]\nb: *x")]
    [InlineData("KEDGE-SPEC-005", 1, "a: !!python/object:os.system x")]
    [InlineData("KEDGE-SPEC-005", 2, "a: b\nc: *x")]
    [InlineData("KEDGE-SPEC-007", 0, "")]
    [InlineData("KEDGE-SPEC-007", 0, "---\n# nothing\n---\n")]
    [InlineData("KEDGE-SPEC-008", 1, "apiVersion: v1\nkind: Device\nmetadata: {name: a}")]
    [InlineData("KEDGE-SPEC-009", 2, "apiVersion: kedge.dev/v1\nkind: Deploiment\nmetadata: {name: a}")]
    [InlineData("KEDGE-SPEC-009", 1, "kind: Pipeline")]
    [InlineData("KEDGE-SPEC-011", 1, "apiVersion: kedge.dev/v1")]
    [InlineData("KEDGE-SPEC-012", 1, "- a\n- b")]
    [InlineData("KEDGE-SPEC-012", 3, "apiVersion: kedge.dev/v1\nkind: Device\nmetadata: name")]
    public void A_text_that_is_no_manifest_is_refused_with_its_code(string code, int line, string text)
    {
        Finding finding = Findings(text)[0];
        Assert.Equal((code, line), (finding.Code, finding.Line));
    }

    [Theory]
    [InlineData("KEDGE-SPEC-006", "kind: Device\nkind: Device\nmetadata: {name: a}")]
    [InlineData("KEDGE-SPEC-006", "kind: Device\nmetadata: {name: a, labels: {b: c, b: d}}")]
    [InlineData("KEDGE-SPEC-016", "kind: Device\nmetadata: {name: a, labels: {-b: c}}")]
    [InlineData("KEDGE-SPEC-016", "kind: Device\nmetadata: {name: a, labels: {b: c/d}}")]
    [InlineData("KEDGE-SPEC-024", "kind: Device\nmetadata: {name: a}\n---\nkind: Device\nmetadata: {name: a}")]
    [InlineData("KEDGE-SPEC-013", "kind: EnrollmentToken\nmetadata: {name: a}\nspec: {uses: 0}")]
    [InlineData("KEDGE-SPEC-013", "kind: EnrollmentToken\nmetadata: {name: a}\nspec: {ttl: 5s}")]
    [InlineData("KEDGE-SPEC-017", "kind: EnrollmentToken\nmetadata: {name: a}\nspec: {ttl: soon}")]
    [InlineData("KEDGE-SPEC-028", "kind: Model\nmetadata: {name: a}\nspec: {tags: {v1: sha256:abc}}")]
    [InlineData("KEDGE-SPEC-018", "kind: Model\nmetadata: {name: a}\nspec: {tags: {-v: sha256:abc}}")]
    [InlineData("KEDGE-SPEC-027", "kind: SigningPolicy\nmetadata: {name: a}\nspec: {}")]
    [InlineData("KEDGE-SPEC-027", "kind: SigningPolicy\nmetadata: {name: a}\nspec: {version: 1, envelope: '{}'}")]
    [InlineData("KEDGE-SPEC-028", "kind: SigningPolicy\nspec: {version: 1, rules: [{publicKey: abc, models: ['*']}]}")]
    [InlineData("KEDGE-SPEC-030", "kind: Site\nspec: {bandwidth: {timeZone: ../etc/passwd}}")]
    [InlineData("KEDGE-SPEC-030", "kind: Site\nspec: {bandwidth: {limit: 1Mi, perDevice: 2Mi}}")]
    [InlineData("KEDGE-SPEC-030", "kind: Site\nspec: {bandwidth: {windows: [{from: '08:00', to: '08:00'}]}}")]
    [InlineData("KEDGE-SPEC-025",
        "kind: Site\nspec: {bandwidth: {windows: [{days: [mon, mon], from: '08:00', to: '09:00'}]}}")]
    [InlineData("KEDGE-SPEC-013", "kind: Site\nspec: {bandwidth: {limit: 15Ki}}")]
    [InlineData("KEDGE-SPEC-013", "kind: Site\nspec: {bandwidth: {windows: [{from: '8:00', to: '09:00', limit: 1}]}}")]
    public void A_broken_rule_is_found(string code, string text) =>
        Assert.Contains(Findings("apiVersion: kedge.dev/v1\n" + text), finding => finding.Code == code);

    [Theory]
    [InlineData("KEDGE-SPEC-013", "{every: 4s}")]
    [InlineData("KEDGE-SPEC-013", "{every: 61m}")]
    [InlineData("KEDGE-SPEC-013", "{timeout: 0s}")]
    [InlineData("KEDGE-SPEC-013", "{timeout: 3m}")]
    [InlineData("KEDGE-SPEC-013", "{failures: 0}")]
    [InlineData("KEDGE-SPEC-013", "{failures: 11}")]
    [InlineData("KEDGE-SPEC-017", "{every: often}")]
    public void A_probe_out_of_its_bounds_is_found(string code, string probe) => Assert.Contains(
        Findings(Probed(probe)), finding => finding.Code == code && finding.Field.StartsWith("spec.probe."));

    [Theory]
    [InlineData("KEDGE-SPEC-013", "{bandwidth: 15Ki}")]
    [InlineData("KEDGE-SPEC-013", "{bandwidth: 11Gi}")]
    [InlineData("KEDGE-SPEC-017", "{bandwidth: fast}")]
    public void A_bandwidth_out_of_its_bounds_is_found(string code, string limits) => Assert.All(
        new[] { "All", "Waves" },
        type => Assert.Contains(Findings(Limited(type, limits)), finding => finding.Code == code));

    [Theory]
    [InlineData("All")]
    [InlineData("Waves")]
    public void A_bandwidth_is_read_as_it_is_meant(string type)
    {
        DeploymentSpec spec = Set(Limited(type, "{bandwidth: 1Mi}")).Deployments.Single().Spec;
        Assert.Equal(Kedge.Core.Limits.MiB, spec.Strategy.BandwidthBytes);
        string written = ManifestText.ToYaml(ManifestWriter.Write(spec));
        Assert.Equal(spec.Strategy, Set(written).Deployments.Single().Spec.Strategy);
    }

    [Fact]
    public void A_probe_is_read_as_it_is_meant()
    {
        Assert.Equal(ProbeSpec.Default, Read("{}"));
        Assert.True(Read("{every: 0s}").IsOff);
        Assert.Equal(
            new ProbeSpec(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 4),
            Read("{every: 10s, timeout: 2s, failures: 4}"));

        static ProbeSpec Read(string probe) => Set(Probed(probe)).Deployments.Single().Spec.Probe;
    }

    [Theory]
    [InlineData("KEDGE-SPEC-029", "{windows: [{from: '22:00', to: '22:00'}]}")]
    [InlineData("KEDGE-SPEC-029", "{windows: [{from: '00:00', to: '00:00'}]}")]
    [InlineData("KEDGE-SPEC-025", "{windows: [{days: [mon, mon], from: '22:00', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-021", "{windows: []}")]
    [InlineData("KEDGE-SPEC-021", "{windows: [{days: [], from: '22:00', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-013", "{windows: [{from: '24:00', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-017", "{windows: [{from: '22:60', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-017", "{windows: [{from: '22:00', to: '24:01'}]}")]
    [InlineData("KEDGE-SPEC-017", "{windows: [{from: 'at ten', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-014", "{windows: [{days: [monday], from: '22:00', to: '04:00'}]}")]
    [InlineData("KEDGE-SPEC-011", "{windows: [{from: '22:00'}]}")]
    [InlineData("KEDGE-SPEC-011", "{}")]
    public void A_window_that_never_opens_or_says_nothing_is_found(string code, string maintenance) => Assert.All(
        new[] { "All", "Waves" },
        type => Assert.Contains(
            Findings(Maintained(type, maintenance)),
            finding => finding.Code == code));

    [Theory]
    [InlineData("All")]
    [InlineData("Waves")]
    public void Windows_are_read_as_they_are_meant(string type)
    {
        string windows = "[{days: [sun, mon], from: '22:00', to: '04:00'}, {from: '12:00', to: '24:00'}]";
        DeploymentSpec spec = Set(Maintained(type, $"{{windows: {windows}}}")).Deployments.Single().Spec;
        Assert.Equal<IEnumerable<MaintenanceWindow>>(
            [new MaintenanceWindow(3, 1_320, 240), new MaintenanceWindow(MaintenanceWindow.EveryDay, 720, 1_440)],
            spec.Strategy.Windows);
        string written = ManifestText.ToYaml(ManifestWriter.Write(spec));
        Assert.Equal(spec.Strategy, Set(written).Deployments.Single().Spec.Strategy);
    }

    [Theory]
    [InlineData("KEDGE-SPEC-013", "{share: 0%}")]
    [InlineData("KEDGE-SPEC-013", "{share: 101%}")]
    [InlineData("KEDGE-SPEC-013", "{agreement: 49%}")]
    [InlineData("KEDGE-SPEC-013", "{minRequests: 9}")]
    [InlineData("KEDGE-SPEC-013", "{for: 9s}")]
    [InlineData("KEDGE-SPEC-013", "{for: 8d}")]
    [InlineData("KEDGE-SPEC-013", "{tolerance: 200%}")]
    [InlineData("KEDGE-SPEC-012", "{tolerance: 0.001}")]
    [InlineData("KEDGE-SPEC-017", "{agreement: most}")]
    [InlineData("KEDGE-SPEC-010", "{window: 5m}")]
    [InlineData("KEDGE-SPEC-029", "{}, swap: cold")]
    public void A_comparison_with_live_requests_that_cannot_be_is_found(string code, string shadow) => Assert.All(
        new[] { "All", "Waves" },
        type => Assert.Contains(Findings(Shadowed(type, shadow)), finding => finding.Code == code));

    [Theory]
    [InlineData("All")]
    [InlineData("Waves")]
    public void A_comparison_with_live_requests_is_read_as_it_is_meant(string type)
    {
        StrategySpec byDefault = Set(Shadowed(type, "{}")).Deployments.Single().Spec.Strategy;
        Assert.Equal(new ShadowSpec(), byDefault.Shadow);
        const string Shadow = "{share: 5%, agreement: 99.5%, minRequests: 50, for: 2h, tolerance: 0.01%}";
        DeploymentSpec spec = Set(Shadowed(type, Shadow)).Deployments.Single().Spec;
        Assert.Equal(
            new ShadowSpec
            {
                SharePpm = 50_000,
                AgreementPpm = 995_000,
                MinRequests = 50,
                Time = TimeSpan.FromHours(2),
                TolerancePpm = 100,
            },
            spec.Strategy.Shadow);
        Assert.NotEqual(byDefault, spec.Strategy);
        string written = ManifestText.ToYaml(ManifestWriter.Write(spec));
        Assert.Equal(spec.Strategy, Set(written).Deployments.Single().Spec.Strategy);
    }

    [Fact]
    public void Two_deployments_with_one_port_on_the_same_devices_are_found_and_disjoint_ones_are_not()
    {
        string two = Deployment("a", "{matchLabels: {x: y}}") + "---\n" + Deployment("b", "{matchLabels: {x: y}}");
        Assert.Equal(SpecErrors.PortConflict.Code, Assert.Single(Findings(two)).Code);
        string everywhere = Deployment("a", "{}") + "---\n" + Deployment("b", "{matchLabels: {x: y}}");
        Assert.Equal(SpecErrors.PortConflict.Code, Assert.Single(Findings(everywhere)).Code);
        string apart = Deployment("a", "{matchLabels: {x: z}}") + "---\n" + Deployment("b", "{matchLabels: {x: y}}");
        Assert.Equal(2, Set(apart).Deployments.Length);
    }

    [Fact]
    public void A_text_beyond_its_bounds_is_refused_before_it_is_read()
    {
        Assert.Equal(SpecErrors.TooLarge.Code, Findings(new string(' ', 2_000_000)).Single().Code);
        Assert.Equal(SpecErrors.TooComplex.Code, Findings(new string('[', 500_000)).Single().Code);
        Assert.Equal(SpecErrors.TooComplex.Code, Findings("a: [" + string.Concat(Enumerable.Repeat("1,", 60_000)) + "]")
            .Single().Code);
        Assert.Equal(
            SpecErrors.TooManyDocuments.Code,
            Findings(string.Concat(Enumerable.Repeat("a: b\n---\n", 300))).Single().Code);
        ManifestTextOutcome outcome = ManifestYaml.Read(new byte[] { 0x61, 0xff, 0xfe });
        Assert.Equal(SpecErrors.Syntax.Code, Assert.IsType<ManifestTextOutcome.Invalid>(outcome).Findings[0].Code);
    }

    [Fact]
    public void The_manifest_of_the_documentation_is_read_as_it_is_meant()
    {
        DeploymentSpec spec = Set(ManifestKinds.Find("Deployment")!.Example).Deployments.Single().Spec;
        Assert.Equal("bearing-monitor", spec.Id.ToString());
        Assert.Equal("maintenance", spec.Labels["team"]);
        Assert.Equal("press", spec.Selector.MatchLabels["line"]);
        SelectorExpression expression = spec.Selector.MatchExpressions.Single();
        Assert.Equal((SelectorOperator.In, "lyon turin"), (expression.Operator, string.Join(' ', expression.Values)));
        Assert.Equal(new ModelChoice("bearing", "bearing:v2", default), spec.Models.Single());
        Assert.Equal(new EndpointSpec(Exposure.Loopback, 8500), spec.Endpoint);
        Assert.Equal(
            new ResourceSpec
            {
                MemoryRequestBytes = 64 << 20,
                MemoryLimitBytes = 256 << 20,
                CpuLimitMilli = 500,
                PidsLimit = 64,
            },
            spec.Resources);
        Assert.Equal([AcceleratorKind.Gpu, AcceleratorKind.Npu, AcceleratorKind.Cpu], spec.Accelerators.AsEnumerable());
    }

    [Fact]
    public void Every_example_is_valid_and_json_is_yaml()
    {
        foreach (KindSchema kind in ManifestKinds.All)
        {
            Assert.Equal(1, Set(kind.Example).Count);
        }

        string json = """{"apiVersion":"kedge.dev/v1","kind":"Device","metadata":{"name":"a","labels":{"b":"5"}}}""";
        Assert.Equal("5", Set(json).Devices.Single().Spec.Labels["b"]);
        string list = "{\"apiVersion\":\"kedge.dev/v1\",\"kind\":\"List\",\"items\":[" + json + "]}";
        Assert.Single(Set(list).Devices);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_do_no_harm()
    {
        byte[] text = [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(
            "apiVersion: kedge.dev/v1\r\nkind: Device\r\nmetadata:\r\n  name: a\r\n")];
        var read = Assert.IsType<ManifestTextOutcome.Read>(ManifestYaml.Read(text));
        Assert.IsType<ManifestOutcome.Valid>(ManifestReader.Read(read.Documents));
    }

    private static string Deployment(string name, string selector) =>
        $$$"""
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: {{{name}}}}
        spec: {selector: {{{selector}}}, models: [{name: m, package: "m:v1"}], endpoint: {port: 8500}}

        """;

    private static string Probed(string probe) => Deployment("a", "{}").Replace(
        "{port: 8500}}", $"{{port: 8500}}, probe: {probe}}}", StringComparison.Ordinal);

    private static string Limited(string type, string limits) => Deployment("a", "{}").Replace(
        "{port: 8500}}", $"{{port: 8500}}, strategy: {{type: {type}, limits: {limits}}}}}", StringComparison.Ordinal);

    private static string Maintained(string type, string maintenance) => Deployment("a", "{}").Replace(
        "{port: 8500}}", $"{{port: 8500}}, strategy: {{type: {type}, maintenance: {maintenance}}}}}",
        StringComparison.Ordinal);

    private static string Shadowed(string type, string shadow) => Deployment("a", "{}").Replace(
        "{port: 8500}}", $"{{port: 8500}}, strategy: {{type: {type}, shadow: {shadow}}}}}", StringComparison.Ordinal);

    [Fact]
    public void How_models_are_run_is_read_and_checked()
    {
        const string Text =
            """
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: camera}
            spec:
              selector: {}
              models:
              - name: detector
                package: "detector:v2"
                instances: 2
                cache: 16Mi
                warmUp: false
                batching: {maxSize: 8, preferred: [4, 8], maxDelay: 1.5ms, queueMax: 32, timeout: 500ms}
              modelMemory: 128Mi
              endpoint: {port: 8501}
              resources: {limits: {memory: 256Mi}}
            """;
        DeploymentSpec spec = Assert.Single(Set(Text).Deployments).Spec;
        Assert.Equal(128 << 20, spec.ModelMemoryBytes);
        Assert.Equal(
            new ServingSpec
            {
                Instances = 2,
                CacheBytes = 16 << 20,
                WarmsUp = false,
                Batching = new BatchingSpec
                {
                    MaxSize = 8, Preferred = [4, 8], MaxDelayUs = 1500, QueueMax = 32, TimeoutUs = 500_000,
                },
            },
            spec.Models[0].Serving);
        string wrong = Text.Replace("[4, 8]", "[4, 16]", StringComparison.Ordinal)
            .Replace("128Mi", "512Mi", StringComparison.Ordinal)
            .Replace("instances: 2", "instances: 300", StringComparison.Ordinal)
            .Replace("warmUp: false", "warmUp: perhaps", StringComparison.Ordinal);
        Assert.Equal(
            [
                "spec.models[0].instances", "spec.models[0].warmUp", "spec.models[0].batching.preferred",
                "spec.modelMemory",
            ],
            Findings(wrong).OrderBy(static finding => finding.Line).Select(static finding => finding.Field));
    }

    [Theory]
    [InlineData("versions: {latest: 2}", "")]
    [InlineData("versions: {all: true}", "")]
    [InlineData("versions: {listed: [v1, \"3\", prod]}", "")]
    [InlineData("versions: {}", "KEDGE-SPEC-033 spec.models[0].versions")]
    [InlineData("versions: {latest: 2, all: true}", "KEDGE-SPEC-033 spec.models[0].versions")]
    [InlineData("versions: {all: false}", "KEDGE-SPEC-033 spec.models[0].versions.all")]
    [InlineData("versions: {latest: 17}", "KEDGE-SPEC-013 spec.models[0].versions.latest")]
    [InlineData("versions: {listed: []}", "KEDGE-SPEC-021 spec.models[0].versions.listed")]
    [InlineData("versions: {listed: [v1, v1]}", "KEDGE-SPEC-025 spec.models[0].versions.listed")]
    [InlineData("versions: {listed: [\"a b\"]}", "KEDGE-SPEC-018 spec.models[0].versions.listed[0]")]
    [InlineData("versions: {newest: 1}", "KEDGE-SPEC-010 spec.models[0].versions.newest")]
    [InlineData("weight: 1001", "KEDGE-SPEC-013 spec.models[0].weight")]
    [InlineData("batching: {priorities: [{}, {timeout: 5ms}], defaultPriority: 3}",
        "KEDGE-SPEC-034 spec.models[0].batching.defaultPriority")]
    [InlineData("batching: {defaultPriority: 1}", "KEDGE-SPEC-034 spec.models[0].batching.defaultPriority")]
    [InlineData("batching: {priorities: [{queueMax: 0}]}",
        "KEDGE-SPEC-013 spec.models[0].batching.priorities[0].queueMax")]
    public void Versions_weights_and_priorities_are_checked(string fields, string wrong)
    {
        string package = fields.StartsWith("versions", StringComparison.Ordinal) ? "detector" : "detector:v2";
        string text = $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: camera}
            spec:
              selector: {}
              models:
              - name: detector
                package: "{{{package}}}"
                {{{fields}}}
              endpoint: {port: 8501}
            """;
        if (wrong.Length == 0)
        {
            Assert.NotNull(Assert.Single(Set(text).Deployments).Spec.Models[0].Versions);
            string tagged = text.Replace("\"detector\"", "\"detector:v1\"", StringComparison.Ordinal);
            Assert.Equal(
                "KEDGE-SPEC-033 spec.models[0].package",
                Assert.Single(Findings(tagged).Select(static f => $"{f.Code} {f.Field}")));
        }
        else
        {
            Assert.Contains(wrong, Findings(text).Select(static f => $"{f.Code} {f.Field}"));
        }
    }

    [Fact]
    public void Levels_of_priority_are_read_in_their_order()
    {
        const string Text =
            """
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: camera}
            spec:
              selector: {}
              models:
              - name: detector
                package: "detector:v2"
                weight: 3
                batching:
                  priorities: [{queueMax: 4, timeout: 20ms}, {}]
                  defaultPriority: 2
              endpoint: {port: 8501}
            """;
        ServingSpec serving = Assert.Single(Set(Text).Deployments).Spec.Models[0].Serving;
        Assert.Equal(3, serving.Weight);
        Assert.Equal(
            new BatchingSpec
            {
                Priorities = [new PrioritySpec(4, 20_000), new PrioritySpec(0, 0)], DefaultPriority = 2,
            },
            serving.Batching);
    }

    private static System.Collections.Immutable.ImmutableArray<Finding> Findings(string text) =>
        Assert.IsType<ManifestOutcome.Invalid>(ManifestYaml.ReadSet(text)).Findings;

    private static ManifestSet Set(string text) => ManifestYaml.ReadSet(text) switch
    {
        ManifestOutcome.Valid valid => valid.Set,
        ManifestOutcome.Invalid invalid => throw new Xunit.Sdk.XunitException(string.Join('\n', invalid.Findings)),
        _ => throw new InvalidOperationException(),
    };
}
