using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>What fields of a Site may not say together.</summary>
internal static class SiteRules
{
    public static void Check(ManifestNode.Mapping document, FindingList findings)
    {
        ManifestFields bandwidth = new ManifestFields(document).At("spec", "bandwidth");
        WindowBinding.Check(
            bandwidth.Items("windows"), new WindowBinding.Place("spec.bandwidth.windows", SpecErrors.Site), findings);
        ManifestFields zone = bandwidth.At("timeZone");
        if (zone.IsThere && zone.Text().Length > 0
            && !ZoneText.TryOffset(zone.Text(), out _) && !ZoneText.IsName(zone.Text()))
        {
            findings.Add(
                SpecErrors.Site,
                $"{ScalarWords.Shown(zone.Text())} is no time zone; write UTC, \"+01:00\" or a name as Europe/Paris",
                "spec.bandwidth.timeZone",
                zone.Line);
        }

        long limit = bandwidth.Bytes("limit");
        if (limit > 0 && bandwidth.Bytes("perDevice") > limit)
        {
            findings.Add(
                SpecErrors.Site,
                "perDevice is above the limit of all devices together",
                "spec.bandwidth.perDevice",
                bandwidth.At("perDevice").Line);
        }
    }
}
