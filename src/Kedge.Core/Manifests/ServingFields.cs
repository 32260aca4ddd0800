using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>
/// The fields that say how a model is run: their schema, their rules, and both ways between them and the spec.
/// </summary>
internal static class ServingFields
{
    private const int InstancesMax = 256;

    public static FieldSchema ModelMemory => FieldSchema.Of(
        "modelMemory",
        FieldShape.Memory,
        "Memory that all its models may take together, as `512Mi`. Beyond it the least recently used are unloaded; a "
        + "request for one of them waits until it is loaded again. Without it all stay loaded.")
        .Within(ManifestLimits.MemoryRequestBytesMin, ManifestLimits.MemoryBytesMax);

    public static ImmutableArray<FieldSchema> OfModel =>
    [
        FieldSchema.Of(
            "instances",
            FieldShape.Integer,
            "Requests of the model that are computed at once; one per processor where nothing is said.")
            .Within(1, InstancesMax),
        FieldSchema.Of(
            "weight",
            FieldShape.Integer,
            "Share of the processors against the other models when all are busy: 2 computes twice as long as 1.")
            .Within(1, ServingSpec.WeightMax).ByDefault("1"),
        Batching,
        FieldSchema.Of(
            "cache",
            FieldShape.Memory,
            "Memory for answers that are kept, as `16Mi`: the same inputs get the same answer without another run. "
            + "None are kept where nothing is said.")
            .Within(1, ManifestLimits.MemoryBytesMax),
        FieldSchema.Of("warmUp", FieldShape.Boolean, "Whether it computes once before it is ready.").ByDefault("true"),
    ];

    private static FieldSchema Batching => FieldSchema.Group(
        "batching",
        "Which requests wait, and which are computed together: those whose first axis is of any size, and that are "
        + "alike in all other axes.",
        FieldSchema.Of(
            "maxSize", FieldShape.Integer, "Rows of the first axis computed in one run; 1 computes each alone.")
            .Within(1, BatchingSpec.RowsMax).ByDefault("1"),
        new FieldSchema
        {
            Name = "preferred",
            Shape = FieldShape.List,
            Description = "Sizes that are computed as soon as they are reached, ascending.",
            Max = BatchingSpec.PreferredMax,
            Item = FieldSchema.Of("", FieldShape.Integer, "One size.").Within(2, BatchingSpec.RowsMax),
        },
        FieldSchema.Of(
            "maxDelay", FieldShape.Latency, "Longest time that a request waits for others to join it, as `2ms`.")
            .Within(1, BatchingSpec.DelayUsMax),
        FieldSchema.Of(
            "adaptive",
            FieldShape.Boolean,
            "Whether it waits only where the next request is expected soon enough and saves more than the wait costs.")
            .ByDefault("true"),
        FieldSchema.Of("queueMax", FieldShape.Integer, "Requests that may wait; one more is refused with 503.")
            .Within(1, BatchingSpec.QueueMaxMax).ByDefault("128"),
        FieldSchema.Of(
            "timeout", FieldShape.Latency, "How long a request may wait before it is refused, as `500ms`.")
            .Within(1, BatchingSpec.TimeoutUsMax),
        Priorities,
        FieldSchema.Of(
            "defaultPriority",
            FieldShape.Integer,
            "Level of a request that names none; the last where nothing is said.")
            .Within(1, BatchingSpec.PrioritiesMax));

    private static FieldSchema Priorities => new()
    {
        Name = "priorities",
        Shape = FieldShape.List,
        Description = "Levels of priority: requests of the first, level 1, are computed before all others. A request "
            + "names its level by the parameter `priority`.",
        Max = BatchingSpec.PrioritiesMax,
        Item = FieldSchema.Group(
            "",
            "One level; `{}` for one that is as the model.",
            FieldSchema.Of("queueMax", FieldShape.Integer, "Requests of this level that may wait.")
                .Within(1, BatchingSpec.QueueMaxMax),
            FieldSchema.Of("timeout", FieldShape.Latency, "How long a request of this level may wait.")
                .Within(1, BatchingSpec.TimeoutUsMax)),
    };

    public static void Check(ManifestFields spec, FindingList findings)
    {
        long limit = spec.Bytes("resources", "limits", "memory");
        if (limit > 0 && spec.Bytes("modelMemory") > limit)
        {
            findings.Add(
                SpecErrors.RequestAboveLimit,
                $"the models may take {spec.Text("modelMemory")}, the whole model server only "
                + spec.Text("resources", "limits", "memory"),
                "spec.modelMemory",
                spec.At("modelMemory").Line);
        }

        int index = 0;
        foreach (ManifestFields model in spec.Items("models"))
        {
            CheckPreferred(model.At("batching"), index, findings);
            CheckPriority(model.At("batching"), index++, findings);
        }
    }

    public static ServingSpec Bind(ManifestFields model) => new()
    {
        Instances = (int)model.Number("instances"),
        Weight = model.At("weight").IsThere ? (int)model.Number("weight") : 1,
        CacheBytes = model.Bytes("cache"),
        WarmsUp = !model.At("warmUp").IsThere || model.Flag("warmUp"),
        Batching = model.At("batching").IsThere ? BindBatching(model.At("batching")) : null,
    };

    /// <summary>Fields of a model, without those that are as usual.</summary>
    public static (string Key, ManifestNode? Value)[] Write(ServingSpec serving) =>
    [
        ("instances", serving.Instances > 0 ? ManifestWriter.Number(serving.Instances) : null),
        ("weight", serving.Weight == 1 ? null : ManifestWriter.Number(serving.Weight)),
        ("batching", serving.Batching is { } batching ? WriteBatching(batching) : null),
        ("cache", ManifestWriter.Bytes(serving.CacheBytes)),
        ("warmUp", serving.WarmsUp ? null : ManifestWriter.Flag(false)),
    ];

    private static void CheckPreferred(ManifestFields batching, int model, FindingList findings)
    {
        long max = batching.At("maxSize").IsThere ? batching.Number("maxSize") : 1;
        long last = 1;
        foreach (ManifestFields size in batching.Items("preferred"))
        {
            long rows = size.Number();
            if (rows <= last || rows > max)
            {
                findings.Add(
                    SpecErrors.Range,
                    string.Create(CultureInfo.InvariantCulture, $"sizes must ascend and be 2..maxSize, which is {max}"),
                    string.Create(CultureInfo.InvariantCulture, $"spec.models[{model}].batching.preferred"),
                    size.Line);
                return;
            }

            last = rows;
        }
    }

    private static void CheckPriority(ManifestFields batching, int model, FindingList findings)
    {
        int levels = batching.Items("priorities").Count();
        if (batching.Number("defaultPriority") > levels)
        {
            findings.Add(
                SpecErrors.Priority,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"there is no level {batching.Number("defaultPriority")}, there are {levels}"),
                string.Create(CultureInfo.InvariantCulture, $"spec.models[{model}].batching.defaultPriority"),
                batching.At("defaultPriority").Line);
        }
    }

    private static BatchingSpec BindBatching(ManifestFields batching) => new()
    {
        MaxSize = batching.At("maxSize").IsThere ? (int)batching.Number("maxSize") : 1,
        Preferred = [.. batching.Items("preferred").Select(static size => (int)size.Number())],
        MaxDelayUs = Microseconds(batching.Text("maxDelay")),
        IsAdaptive = !batching.At("adaptive").IsThere || batching.Flag("adaptive"),
        QueueMax = batching.At("queueMax").IsThere ? (int)batching.Number("queueMax") : BatchingSpec.QueueDefault,
        TimeoutUs = Microseconds(batching.Text("timeout")),
        Priorities =
        [
            .. batching.Items("priorities").Select(static level => new PrioritySpec(
                (int)level.Number("queueMax"), Microseconds(level.Text("timeout")))),
        ],
        DefaultPriority = (int)batching.Number("defaultPriority"),
    };

    private static ManifestNode.Mapping WriteBatching(BatchingSpec batching) => ManifestWriter.Map(
        ("maxSize", ManifestWriter.Number(batching.MaxSize)),
        ("preferred", batching.Preferred.IsEmpty
            ? null
            : new ManifestNode.Sequence([.. batching.Preferred.Select(static size => ManifestWriter.Number(size))])),
        ("maxDelay", Latency(batching.MaxDelayUs)),
        ("adaptive", batching.IsAdaptive ? null : ManifestWriter.Flag(false)),
        ("queueMax", batching.QueueMax == BatchingSpec.QueueDefault ? null : ManifestWriter.Number(batching.QueueMax)),
        ("timeout", Latency(batching.TimeoutUs)),
        ("priorities", batching.Priorities.IsEmpty
            ? null
            : new ManifestNode.Sequence([.. batching.Priorities.Select(static level => (ManifestNode)ManifestWriter.Map(
                ("queueMax", level.QueueMax > 0 ? ManifestWriter.Number(level.QueueMax) : null),
                ("timeout", Latency(level.TimeoutUs))))])),
        ("defaultPriority", batching.DefaultPriority > 0 ? ManifestWriter.Number(batching.DefaultPriority) : null));

    private static ManifestNode? Latency(long microseconds) =>
        microseconds > 0 ? ManifestWriter.Text(Quantity.FormatMicroseconds(microseconds)) : null;

    private static long Microseconds(string text) =>
        Quantity.TryParseMicroseconds(text, out long microseconds) ? microseconds : 0;
}
