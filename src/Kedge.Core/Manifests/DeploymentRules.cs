using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;

namespace Kedge.Core.Manifests;

/// <summary>What fields of a Deployment may not say together.</summary>
internal static class DeploymentRules
{
    public static void Check(ManifestNode.Mapping document, FindingList findings)
    {
        ManifestFields spec = new ManifestFields(document).At("spec");
        CheckSelector(spec, findings);
        CheckModels(spec, findings);
        VersionsFields.Check(spec, findings);
        ServingFields.Check(spec, findings);
        CheckEndpoint(spec.At("endpoint"), findings);
        CheckResources(spec.At("resources"), findings);
        ProbeFields.Check(spec.At("probe"), findings);
        StrategyRules.Check(spec.At("strategy"), findings);
    }

    private static void CheckSelector(ManifestFields spec, FindingList findings)
    {
        int index = 0;
        foreach (ManifestFields expression in spec.Items("selector", "matchExpressions"))
        {
            string path =
                string.Create(CultureInfo.InvariantCulture, $"spec.selector.matchExpressions[{index++}].values");
            string word = expression.Text("operator");
            bool hasValues = expression.Items("values").Any();
            if (word is "In" or "NotIn" && !hasValues)
            {
                findings.Add(SpecErrors.Selector, $"operator {word} needs at least one value", path, expression.Line);
            }
            else if (word is "Exists" or "DoesNotExist" && hasValues)
            {
                int line = expression.At("values").Line;
                findings.Add(SpecErrors.Selector, $"operator {word} takes no values", path, line);
            }
        }
    }

    private static void CheckModels(ManifestFields spec, FindingList findings)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        int index = 0;
        foreach (ManifestFields model in spec.Items("models"))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"spec.models[{index++}].name");
            string name = model.Text("name");
            if (name.Length > 0 && !names.Add(name))
            {
                string message = $"two models are served under the name {ScalarWords.Shown(name)}";
                findings.Add(SpecErrors.DuplicateValue, message, path, model.At("name").Line);
            }
        }
    }

    private static void CheckEndpoint(ManifestFields endpoint, FindingList findings)
    {
        if (!endpoint.IsThere)
        {
            return;
        }

        ManifestFields port = endpoint.At("port");
        bool isUnix = endpoint.Text("expose") == "unix";
        if (isUnix && port.IsThere)
        {
            findings.Add(SpecErrors.Endpoint, "a Unix socket has no port", "spec.endpoint.port", port.Line);
        }
        else if (!isUnix && !port.IsThere)
        {
            findings.Add(SpecErrors.Endpoint, "a loopback endpoint needs a port", "spec.endpoint.port", endpoint.Line);
        }
    }

    private static void CheckResources(ManifestFields resources, FindingList findings)
    {
        ManifestFields requests = resources.At("requests");
        ManifestFields limits = resources.At("limits");
        if (limits.Bytes("memory") > 0 && requests.Bytes("memory") > limits.Bytes("memory"))
        {
            AboveLimit("memory", requests, limits, findings);
        }

        if (limits.Milli("cpu") > 0 && requests.Milli("cpu") > limits.Milli("cpu"))
        {
            AboveLimit("cpu", requests, limits, findings);
        }
    }

    private static void AboveLimit(
        string field, ManifestFields requests, ManifestFields limits, FindingList findings) =>
        findings.Add(
            SpecErrors.RequestAboveLimit,
            $"the request of {requests.Text(field)} is above the limit of {limits.Text(field)}",
            $"spec.resources.requests.{field}",
            requests.At(field).Line);

    /// <summary>
    /// True when it is certain that some device could be chosen by both: equal selectors, or one that means all.
    /// </summary>
    internal static bool SurelyOverlap(LabelSelector a, LabelSelector b) =>
        a.IsEmpty || b.IsEmpty || (Same(a.MatchLabels, b.MatchLabels) && Same(a.MatchExpressions, b.MatchExpressions));

    private static bool Same(
        ImmutableSortedDictionary<string, string> a, ImmutableSortedDictionary<string, string> b) => a.SequenceEqual(b);

    private static bool Same(ImmutableArray<SelectorExpression> a, ImmutableArray<SelectorExpression> b) =>
        a.Length == b.Length
        && a.Zip(b).All(pair => pair.First.Key == pair.Second.Key
            && pair.First.Operator == pair.Second.Operator
            && pair.First.Values.SequenceEqual(pair.Second.Values));
}
