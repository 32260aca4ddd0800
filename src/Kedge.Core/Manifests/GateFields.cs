namespace Kedge.Core.Manifests;

/// <summary>The fields of a strategy's gates.</summary>
internal static class GateFields
{
    /// <summary>Words of the quantiles, with their thousandths.</summary>
    public static readonly (string Word, int Permille)[] Quantiles =
        [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990), ("p999", 999)];

    public static FieldSchema Group => FieldSchema.Group(
        "gates",
        "What the new revision must keep while it is on trial, judged by live figures of the devices that have it. "
        + "When it is worse beyond doubt, everybody goes back to the stable revision.",
        FieldSchema.Of(
            "window", FieldShape.Duration, "How long figures are collected before they are looked at afresh.")
            .Within(ManifestLimits.GateWindowSecondsMin, ManifestLimits.GateWindowSecondsMax).ByDefault("5m"),
        FieldSchema.Group(
            "errors",
            "How many answers may be errors. Give `max`, `maxIncrease` or both.",
            FieldSchema.Of("max", FieldShape.Share, "Largest share of answers that are errors, as `1%`.")
                .Within(0, 1_000_000),
            FieldSchema.Of(
                "maxIncrease",
                FieldShape.Share,
                "So many more errors than with the old revision, as `0.5%` of all answers; compared with the same "
                + "devices before and with devices that have not changed yet.").Within(0, 1_000_000),
            MinRequests("100")),
        new FieldSchema
        {
            Name = "latency",
            Shape = FieldShape.List,
            Description = "How long answers may take.",
            Min = 1,
            Max = ManifestLimits.LatencyGatesMax,
            Item = FieldSchema.Group(
                "",
                "One quantile. Give `max`, `maxRatio` or both.",
                DeploymentFields.Word(
                    "quantile",
                    "Which share of the answers is faster: `p99` is the time that 1 of 100 exceeds.",
                    "",
                    [.. Quantiles.Select(static q => q.Word)]).Required(),
                FieldSchema.Of("max", FieldShape.Latency, "Longest time, as `50ms`.")
                    .Within(1, ManifestLimits.GateMicrosecondsMax),
                Ratio(
                    "maxRatio",
                    "So many times as long as with the old revision, as `1.5`; compared with the same devices before "
                    + "and with devices that have not changed yet."),
                MinRequests("")),
        },
        FieldSchema.Group(
            "memory",
            "How much memory it may hold on each device; a device on which it never held less for a whole window "
            + "counts as failed. Give `max`, `maxRatio` or both.",
            FieldSchema.Of("max", FieldShape.Memory, "Most memory, as `200Mi`.")
                .Within(ManifestLimits.MemoryRequestBytesMin, ManifestLimits.MemoryBytesMax),
            Ratio("maxRatio", "So many times as much as the old revision held on the same device, as `2`.")),
        FieldSchema.Of(
            "maxRestarts",
            FieldShape.Integer,
            "A device on which its process ended by itself more often than this counts as failed.")
            .Within(0, ManifestLimits.GateRestartsMax),
        FieldSchema.Group(
            "temperature",
            "How warm each device may get; one whose hottest part was never cooler for a whole window counts as "
            + "failed. Give `max`, `maxIncrease` or both.",
            FieldSchema.Of("max", FieldShape.Integer, "Highest temperature in degrees Celsius, as `85`.")
                .Within(1, ManifestLimits.GateCelsiusMax),
            FieldSchema.Of(
                "maxIncrease",
                FieldShape.Integer,
                "So many degrees more than with the old revision on the same device, as `10`.")
                .Within(1, ManifestLimits.GateCelsiusMax)),
        FieldSchema.Group(
            "golden",
            "How many golden samples must agree on each device before it serves the revision; else as many as each "
            + "package asks for.",
            FieldSchema.Of("agreement", FieldShape.Share, "Share of the samples that must agree, as `98%`.")
                .Within(1, 1_000_000).Required()),
        FieldSchema.Group(
            "drift",
            "How far what devices see and answer may be from the reference that the packages bring along, as "
            + "population stability index: below 0.1 is little, above 0.25 is much. Give `maxInputs`, `maxOutputs` or "
            + "both.",
            Index("maxInputs", "Largest index of any input, as `0.25`."),
            Index("maxOutputs", "Largest index of any output, as `0.25`."),
            FieldSchema.Of(
                "minRequests",
                FieldShape.Integer,
                "So many requests of the new revision are looked at before a wave passes; a device looks at up to 100 "
                + "a second.")
                .Within(ManifestLimits.DriftRequestsMin, ManifestLimits.GateRequestsMax).ByDefault("500")));

    /// <summary>Five answers beyond the quantile, at least a hundred in all.</summary>
    public static long MinRequestsOf(int quantilePermille) => Math.Max(100, 5_000 / (1_000 - quantilePermille));

    private static FieldSchema Ratio(string name, string description) =>
        FieldSchema.Of(name, FieldShape.Ratio, description).Within(1_000, ManifestLimits.GateRatioPermilleMax);

    private static FieldSchema Index(string name, string description) =>
        FieldSchema.Of(name, FieldShape.Ratio, description).Within(10, ManifestLimits.DriftPermilleMax);

    private static FieldSchema MinRequests(string byDefault) => FieldSchema.Of(
        "minRequests",
        FieldShape.Integer,
        "So many answers of the new revision are seen before a wave passes, and of the old one before it is compared."
        + (byDefault.Length > 0 ? "" : " By default 100, for `p99` 500, for `p999` 5000."))
        .Within(1, ManifestLimits.GateRequestsMax).ByDefault(byDefault);
}
