namespace Kedge.Core.Manifests;

/// <summary>The fields of a Model.</summary>
internal static class ModelFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: Model
        metadata:
          name: bearing
          labels: {owner: condition-monitoring}
        spec:
          description: Tells worn bearings from sound ones by their vibration.
          tags:
            stable: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.Model,
        "What you say about a model whose packages were pushed: its labels, and which tags name which package.",
        FieldSchema.Group(
            "spec",
            "What is said about it.",
            FieldSchema.Of("description", FieldShape.Text, "What it is for.").Within(0, ManifestLimits.TextCharsMax),
            FieldSchema.Of("tags", FieldShape.Tags, "Tags with the digests of the packages that they name.")
                .Within(0, ManifestLimits.TagsMax)),
        Example);
}
