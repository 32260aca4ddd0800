namespace Kedge.Core.Manifests;

/// <summary>The fields of an EnrollmentToken.</summary>
internal static class TokenFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: EnrollmentToken
        metadata:
          name: lyon-presses
        spec:
          labels: {line: press, site: lyon}
          uses: 5
          ttl: 24h

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.EnrollmentToken,
        "A permission for machines to enrol. Its secret is shown once, when it is made; the server keeps only a hash.",
        FieldSchema.Group(
            "spec",
            "What it permits.",
            FieldSchema.Of("deviceName", FieldShape.Name, "The only name under which a machine may enrol with it."),
            FieldSchema.Of("labels", FieldShape.Labels, "Labels that each machine gets that enrols with it.")
                .Within(0, Limits.LabelsMax),
            FieldSchema.Of("uses", FieldShape.Integer, "How many machines may enrol with it.")
                .Within(1, ManifestLimits.TokenUsesMax).ByDefault("1"),
            FieldSchema.Of("ttl", FieldShape.Duration, "How long it is good for, as `30m`, `24h` or `7d`.")
                .Within(
                    (long)ManifestLimits.TokenLifetimeMin.TotalSeconds,
                    (long)ManifestLimits.TokenLifetimeMax.TotalSeconds)
                .ByDefault("1h")),
        Example);
}
