using Kedge.Core.Deployments;
using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>The fields of a Site.</summary>
internal static class SiteFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: Site
        metadata:
          name: lyon
        spec:
          bandwidth:
            limit: 2Mi
            perDevice: 256Ki
            timeZone: Europe/Paris
            windows:
            - days: [mon, tue, wed, thu, fri]
              from: "22:00"
              to: "06:00"
              limit: 20Mi
            - days: [sat, sun]
              from: "00:00"
              to: "24:00"

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.Site,
        "A place whose devices share one line: those whose label `site` has its name.",
        FieldSchema.Group(
            "spec",
            "What is asked of it.",
            FieldSchema.Group(
                "bandwidth",
                "How fast the control plane sends content to its devices; see docs/operations/bandwidth.md.",
                Limit(
                    "limit",
                    "Bytes per second for all its devices together, as `2Mi`; no limit when nothing is said."),
                Limit("perDevice", "Bytes per second for each device, as `256Ki`, at any time."),
                FieldSchema.Of(
                    "timeZone",
                    FieldShape.Text,
                    "Whose clock the windows go by: `UTC`, a distance from it as `\"+01:00\"`, or a zone as "
                    + "`Europe/Paris`, which the server must know.")
                    .Within(1, ZoneText.CharsMax).ByDefault(SiteBandwidth.Utc),
                new FieldSchema
                {
                    Name = "windows",
                    Shape = FieldShape.List,
                    Description = "Times of the week with another limit; of several that are open the smallest counts.",
                    Min = 1,
                    Max = MaintenanceWindow.CountMax,
                    Item = FieldSchema.Group(
                        "",
                        "One window.",
                        [
                            .. WindowFields.Span,
                            Limit("limit", "Bytes per second while it is open; no limit when nothing is said."),
                        ]),
                })).Required(),
        Example);

    private static FieldSchema Limit(string name, string description) =>
        FieldSchema.Of(name, FieldShape.Memory, description)
            .Within(Limits.FetchBytesPerSecondMin, Limits.FetchBytesPerSecondMax);
}
