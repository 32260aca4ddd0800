namespace Kedge.Core.Manifests;

/// <summary>The fields of a Device.</summary>
internal static class DeviceFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: Device
        metadata:
          name: press-01
          labels: {line: press, site: lyon}
        spec:
          cordoned: false

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.Device,
        "What you say about a machine. It comes to be when the machine enrols; the labels here replace those "
        + "that it has.",
        FieldSchema.Group(
            "spec",
            "What is asked of it.",
            FieldSchema.Of(
                "cordoned",
                FieldShape.Boolean,
                "True keeps new deployments away from it; what runs there goes on.").ByDefault("false")),
        Example);
}
