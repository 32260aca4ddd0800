using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>What objects of one manifest may not say together. Only what is certain is reported: whether two different
/// selectors meet on a device is known to the server alone.</summary>
internal static class AcrossRules
{
    public static void Check(ImmutableArray<ManifestNode> objects, FindingList findings)
    {
        Dictionary<string, int> lineOf = new(StringComparer.Ordinal);
        List<(string Name, long Port, LabelSelector Selector)> endpoints = [];
        foreach (ManifestNode document in objects)
        {
            ManifestFields fields = new(document);
            CheckName(fields, lineOf, findings);
            if (fields.Text("kind") == ManifestKinds.Deployment)
            {
                CheckPort(fields, endpoints, findings);
            }
        }
    }

    private static void CheckName(ManifestFields fields, Dictionary<string, int> lineOf, FindingList findings)
    {
        string kind = fields.Text("kind");
        string name = fields.Text("metadata", "name");
        if (name.Length == 0 || lineOf.TryAdd($"{kind}/{name}", fields.Line))
        {
            return;
        }

        string shown = ScalarWords.Shown(name);
        findings.Add(
            SpecErrors.DuplicateObject,
            string.Create(
                CultureInfo.InvariantCulture, $"{kind} {shown} stands already at line {lineOf[$"{kind}/{name}"]}"),
            "metadata.name",
            fields.At("metadata", "name").Line);
    }

    private static void CheckPort(
        ManifestFields fields,
        List<(string Name, long Port, LabelSelector Selector)> endpoints,
        FindingList findings)
    {
        long port = fields.Number("spec", "endpoint", "port");
        if (port == 0 || !fields.At("spec", "selector").IsThere)
        {
            return;
        }

        string name = fields.Text("metadata", "name");
        LabelSelector selector = DeploymentBinding.Selector(fields.At("spec", "selector"));
        foreach ((string otherName, long otherPort, LabelSelector otherSelector) in endpoints)
        {
            if (otherPort == port && otherName != name && DeploymentRules.SurelyOverlap(selector, otherSelector))
            {
                findings.Add(
                    SpecErrors.PortConflict,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"port {port} is taken by {ScalarWords.Shown(otherName)} on the same devices"),
                    "spec.endpoint.port",
                    fields.At("spec", "endpoint", "port").Line);
                break;
            }
        }

        endpoints.Add((name, port, selector));
    }
}
