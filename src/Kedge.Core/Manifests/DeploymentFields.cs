namespace Kedge.Core.Manifests;

/// <summary>The fields of a Deployment.</summary>
internal static class DeploymentFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata:
          name: bearing-monitor
          labels: {team: maintenance}
        spec:
          selector:
            matchLabels: {line: press}
            matchExpressions:
            - {key: site, operator: In, values: [lyon, turin]}
          models:
          - {name: bearing, package: "bearing:v2"}
          endpoint: {port: 8500, expose: loopback}
          resources:
            requests: {memory: 64Mi}
            limits: {cpu: 500m, memory: 256Mi, pids: 64}
          cpuSet: auto
          accelerators: [gpu, npu, cpu]
          strategy: {type: All}

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.Deployment,
        "Which models run on which devices, within which limits. One model server serves it on every device "
        + "that is chosen.",
        FieldSchema.Group(
            "spec",
            "What is asked for.",
            Selector,
            Models,
            ServingFields.ModelMemory,
            Endpoint,
            Resources,
            FieldSchema.Of(
                "cpuSet",
                FieldShape.CpuSet,
                "Processors that it may run on, as `0-1,3` (quote a single number); `auto` leaves the choice to "
                + "the device.")
                .ByDefault("auto"),
            Accelerators,
            Word(
                "sandbox",
                "`required` runs it only in a sandbox; `none` also where the device has none and its own configuration "
                + "allows that too.",
                "required",
                "required",
                "none"),
            ProbeFields.Group,
            StrategyFields.Group).Required(),
        Example);

    private static FieldSchema Selector => SelectorOf(
        "Which devices are meant, by their labels. All conditions must hold; an empty selector `{}` means every "
        + "device.").Required();

    internal static FieldSchema SelectorOf(string description) => FieldSchema.Group(
        "selector",
        description,
        FieldSchema.Of("matchLabels", FieldShape.Labels, "Labels that a device must have with exactly these values.")
            .Within(0, Limits.LabelsMax),
        new FieldSchema
        {
            Name = "matchExpressions",
            Shape = FieldShape.List,
            Description = "Further conditions on labels.",
            Max = Limits.SelectorExpressionsMax,
            Item = FieldSchema.Group("", "One condition on one label.", Expression),
        });

    private static System.Collections.Immutable.ImmutableArray<FieldSchema> Expression =>
    [
        FieldSchema.Of("key", FieldShape.LabelKey, "The label.").Required(),
        Word(
            "operator",
            "`In` and `NotIn` compare with the values; `Exists` and `DoesNotExist` ask only for the label.",
            "",
            "In",
            "NotIn",
            "Exists",
            "DoesNotExist").Required(),
        new FieldSchema
        {
            Name = "values",
            Shape = FieldShape.List,
            Description = "The values for `In` and `NotIn`; none for the others.",
            Max = Limits.SelectorValuesMax,
            Item = FieldSchema.Of("", FieldShape.LabelValue, "One value."),
        },
    ];

    private static FieldSchema Models => new()
    {
        Name = "models",
        Shape = FieldShape.List,
        Description = "The models that one model server serves together.",
        IsRequired = true,
        Min = 1,
        Max = Limits.ModelsPerDeploymentMax,
        Item = FieldSchema.Group(
            "",
            "One model.",
            [
                FieldSchema.Of("name", FieldShape.Name, "Name under which it is served: `/v2/models/NAME/infer`.")
                    .Required(),
                FieldSchema.Of(
                    "package",
                    FieldShape.Package,
                    "The package, as `bearing:v2` or by digest. A tag is resolved once, when it is applied; "
                    + "moving the tag later changes nothing. The model alone, as `bearing`, with `versions`.")
                    .Required(),
                VersionsFields.Group,
                .. ServingFields.OfModel,
            ]),
    };

    private static FieldSchema Endpoint => FieldSchema.Group(
        "endpoint",
        "Where applications on the device find it.",
        Word(
            "expose",
            "`loopback` answers on a TCP port of 127.0.0.1; `unix` on a Unix socket at a stable path.",
            "loopback",
            "loopback",
            "unix"),
        FieldSchema.Of("port", FieldShape.Integer, "TCP port; needed with `loopback`, not allowed with `unix`.")
            .Within(1, 65_535)).Required();

    private static FieldSchema Resources => FieldSchema.Group(
        "resources",
        "What it needs and what it may use.",
        FieldSchema.Group(
            "requests",
            "What must be free on a device for it to be chosen.",
            FieldSchema.Of("memory", FieldShape.Memory, "Memory, as `64Mi`.")
                .Within(ManifestLimits.MemoryRequestBytesMin, ManifestLimits.MemoryBytesMax),
            FieldSchema.Of("cpu", FieldShape.Cpu, "CPU, as `250m` or `1`.")
                .Within(ManifestLimits.CpuMilliMin, ManifestLimits.CpuMilliMax)),
        FieldSchema.Group(
            "limits",
            "What it may use at most; the kernel enforces it.",
            FieldSchema.Of("memory", FieldShape.Memory, "Memory, as `256Mi`; beyond it the model server is ended.")
                .Within(ManifestLimits.MemoryLimitBytesMin, ManifestLimits.MemoryBytesMax),
            FieldSchema.Of("cpu", FieldShape.Cpu, "CPU, as `500m`; beyond it the model server waits.")
                .Within(ManifestLimits.CpuMilliMin, ManifestLimits.CpuMilliMax),
            FieldSchema.Of("pids", FieldShape.Integer, "Processes and threads.")
                .Within(ManifestLimits.PidsMin, ManifestLimits.PidsMax)));

    private static FieldSchema Accelerators => new()
    {
        Name = "accelerators",
        Shape = FieldShape.List,
        Description = "Hardware to compute on, in order of preference; the variants of the model decide which "
            + "can be used.",
        Default = "[cpu]",
        Min = 1,
        Max = 4,
        Item = Word("", "One kind of hardware.", "", "cpu", "gpu", "npu", "tpu"),
    };

    internal static FieldSchema Word(string name, string description, string byDefault, params string[] words) => new()
    {
        Name = name,
        Shape = FieldShape.Word,
        Description = description,
        Default = byDefault,
        Words = [.. words],
    };
}
