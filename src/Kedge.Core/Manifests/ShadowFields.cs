using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>The fields of a strategy's comparison with live requests.</summary>
internal static class ShadowFields
{
    public static FieldSchema Group => FieldSchema.Group(
        "shadow",
        "Compare a new release with the one that serves before it gets its first request, on each device; with either "
        + "type. It sees copies of live requests, its answers are compared and thrown away. A release that differs is "
        + "refused there. `shadow: {}` takes the defaults.",
        FieldSchema.Of("share", FieldShape.Share, "Share of the live requests that are copied.")
            .Within(1, 1_000_000).ByDefault("20%"),
        FieldSchema.Of("agreement", FieldShape.Share, "Share of the answers that must agree.")
            .Within(ShadowSpec.AgreementPpmMin, 1_000_000).ByDefault("99%"),
        FieldSchema.Of(
            "minRequests",
            FieldShape.Integer,
            "So many answers are compared before it may pass. It may fail earlier.")
            .Within(ShadowSpec.RequestsMin, ShadowSpec.RequestsMax).ByDefault("200"),
        FieldSchema.Of(
            "for",
            FieldShape.Duration,
            "After this long it passes with what was compared by then, even with nothing, unless that speaks against "
            + "it.")
            .Within(ShadowSpec.SecondsMin, ShadowSpec.SecondsMax).ByDefault("10m"),
        FieldSchema.Of(
            "tolerance",
            FieldShape.Share,
            "How far floating-point values may be apart, as a share of the old one; beside that they may differ by as "
            + "much as a plain number, `0.1%` by 0.001. All other values must be equal.")
            .Within(0, 1_000_000).ByDefault("0.1%"));
}
