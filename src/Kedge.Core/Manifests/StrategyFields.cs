namespace Kedge.Core.Manifests;

/// <summary>The fields of a Deployment's strategy.</summary>
internal static class StrategyFields
{
    public static FieldSchema Group => FieldSchema.Group(
        "strategy",
        "How a change reaches the devices.",
        DeploymentFields.Word(
            "type",
            "`All` changes every chosen device at once. `Waves` changes a few, sees whether they serve, goes on with "
            + "more, and brings everybody back when too many failed.",
            "All",
            "All",
            "Waves"),
        FieldSchema.Group(
            "canary",
            "Who goes first. One device when nothing is said.",
            Amount("count", "How many devices."),
            Amount("percent", "How large a share of the chosen devices, as `5%`; instead of `count`."),
            DeploymentFields.SelectorOf("Which of the chosen devices may go first; all that match when no count is "
                + "given.")),
        new FieldSchema
        {
            Name = "waves",
            Shape = FieldShape.List,
            Description = "How many devices have the new revision after each wave that follows the canary, growing, "
                + "as `[10%, 50%]`; everybody else follows last. Instead of `growth`.",
            Min = 1,
            Max = ManifestLimits.WavesMax,
            Item = Amount("", "Devices that have it after this wave."),
        },
        FieldSchema.Of(
            "growth",
            FieldShape.Integer,
            "Each wave brings the devices with the new revision to this many times as many.").Within(2, 100)
            .ByDefault("3"),
        FieldSchema.Of("soak", FieldShape.Duration, "How long all of a wave must serve before the next begins.")
            .Within(0, ManifestLimits.SoakSecondsMax).ByDefault("5m"),
        Amount("maxUnavailable", "How many devices may be changing at one time."),
        new FieldSchema
        {
            Name = "budgets",
            Shape = FieldShape.List,
            Description = "Groups of devices of which some always keep serving.",
            Min = 1,
            Max = ManifestLimits.BudgetsMax,
            Item = FieldSchema.Group(
                "",
                "One kind of group.",
                FieldSchema.Of(
                    "label",
                    FieldShape.LabelKey,
                    "Devices with the same value of this label are a group, as `store`.").Required(),
                FieldSchema.Of("minServing", FieldShape.Integer, "How many of each group serve at any time.")
                    .Within(1, ManifestLimits.BudgetMinServingMax).Required()),
        },
        FieldSchema.Of(
            "maxFailures",
            FieldShape.Integer,
            "So many devices may give the new revision up before everybody goes back.")
            .Within(0, ManifestLimits.FailuresMax).ByDefault("0"),
        FieldSchema.Of(
            "deadline",
            FieldShape.Duration,
            "A rollout that is not complete after this time is paused until somebody resumes or aborts it.")
            .Within(60, ManifestLimits.DeadlineSecondsMax),
        DeploymentFields.Word(
            "swap",
            "`warm` starts the new release beside the old one, which serves until the listener changes hands. `cold` "
            + "ends the old one first; connections wait until the new one answers, none is refused. `auto` leaves it "
            + "to each device: cold where there is no memory for both.",
            "auto",
            "auto",
            "cold",
            "warm"),
        FieldSchema.Of(
            "standby",
            FieldShape.Duration,
            "How long what is replaced waits frozen on its device, where memory allows, so that going back to it takes "
            + "no start; `0s` for never. When nothing is said: with `Waves` as long as `soak` and the window of the "
            + "gates together, with `All` not at all.")
            .Within(0, ManifestLimits.SoakSecondsMax),
        GateFields.Group,
        ShadowFields.Group,
        WindowFields.Group,
        FieldSchema.Group(
            "limits",
            "What a change may take of the network, with either type.",
            FieldSchema.Of(
                "bandwidth",
                FieldShape.Memory,
                "How many bytes per second each device may fetch, as `1Mi`. With `maxUnavailable` it bounds what all "
                + "devices take together.")
                .Within(Limits.FetchBytesPerSecondMin, Limits.FetchBytesPerSecondMax)));

    private static FieldSchema Amount(string name, string description) =>
        FieldSchema.Of(name, FieldShape.DeviceAmount, description);
}
