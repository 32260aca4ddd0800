using System.Collections.Immutable;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>Makes a site of a manifest that was checked, and the fields of a site.</summary>
internal static class SiteBinding
{
    public static SiteSpec Bind(ManifestFields fields)
    {
        ManifestFields bandwidth = fields.At("spec", "bandwidth");
        string zone = bandwidth.Text("timeZone");
        return new SiteSpec
        {
            Name = fields.Text("metadata", "name"),
            Labels = fields.Labels("metadata", "labels"),
            Bandwidth = new SiteBandwidth(
                new BandwidthRule(
                    bandwidth.Bytes("limit"),
                    [.. bandwidth.Items("windows").Select(Window).OfType<BandwidthWindow>()]),
                bandwidth.Bytes("perDevice"),
                zone.Length > 0 ? zone : SiteBandwidth.Utc),
        };
    }

    public static ManifestNode.Mapping Write(SiteBandwidth bandwidth)
    {
        ManifestNode.Mapping fields = ManifestWriter.Map(
            ("limit", ManifestWriter.Bytes(bandwidth.Line.Default)),
            ("perDevice", ManifestWriter.Bytes(bandwidth.PerDevice)),
            ("timeZone", bandwidth.TimeZone == SiteBandwidth.Utc ? null : ManifestWriter.Text(bandwidth.TimeZone)),
            ("windows", Windows(bandwidth.Line.Windows)));
        return ManifestWriter.Map(("bandwidth", fields.Entries.IsEmpty ? null : fields));
    }

    private static BandwidthWindow? Window(ManifestFields window) =>
        WindowBinding.Window(window) is MaintenanceWindow time ? new(time, window.Bytes("limit")) : null;

    private static ManifestNode.Sequence? Windows(ImmutableArray<BandwidthWindow> windows) => windows.IsEmpty
        ? null
        : new([.. windows.Select(window => (ManifestNode)new ManifestNode.Mapping(
            [
                .. WindowBinding.Write(window.Time).Entries,
                .. ManifestWriter.Map(("limit", ManifestWriter.Bytes(window.BytesPerSecond))).Entries,
            ]))]);
}
