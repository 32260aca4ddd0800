using System.Collections.Immutable;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>The fields of a strategy's maintenance windows.</summary>
internal static class WindowFields
{
    /// <summary>Words of the days, as <see cref="DayOfWeek"/> counts them.</summary>
    public static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>The fields that say when a window is open.</summary>
    public static ImmutableArray<FieldSchema> Span { get; } =
    [
        new FieldSchema
        {
            Name = "days",
            Shape = FieldShape.List,
            Description = "The days on which it opens; every day when nothing is said.",
            Min = 1,
            Max = Days.Length,
            Item = DeploymentFields.Word("", "A day.", "", [.. Days[1..], Days[0]]),
        },
        FieldSchema.Of("from", FieldShape.TimeOfDay, "When it opens, as `\"22:00\"`.")
            .Within(0, MaintenanceWindow.DayMinutes - 1).Required(),
        FieldSchema.Of(
            "to",
            FieldShape.TimeOfDay,
            "When it closes, as `\"04:00\"`; on the next day when that is not after `from`.")
            .Within(0, MaintenanceWindow.DayMinutes).Required(),
    ];

    public static FieldSchema Group => FieldSchema.Group(
        "maintenance",
        "When a device may replace a release that serves; with either type. It fetches the new one at once and waits "
        + "for the next window, also without a link. What serves nothing is not held back, nor is a rollback.",
        new FieldSchema
        {
            Name = "windows",
            Shape = FieldShape.List,
            Description = "Times of the week, by each device's own local time.",
            IsRequired = true,
            Min = 1,
            Max = MaintenanceWindow.CountMax,
            Item = FieldSchema.Group("", "One window.", Span),
        });
}
