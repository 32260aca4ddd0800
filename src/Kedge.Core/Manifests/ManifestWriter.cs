using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Models;
using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>Writes specs back as manifests, in one canonical form: what is at its default is left out, except where
/// leaving
/// it out would puzzle a reader. <see cref="ManifestReader"/> reads the same spec from it.</summary>
public static class ManifestWriter
{
    /// <summary>A deployment.</summary>
    public static ManifestNode.Mapping Write(DeploymentSpec deployment) => Document(
        ManifestKinds.Deployment,
        deployment.Id.ToString(),
        deployment.Labels,
        Map(
            ("selector", Selector(deployment.Selector)),
            ("models", new ManifestNode.Sequence([.. deployment.Models.Select(model => (ManifestNode)Map(
                [
                    ("name", Text(model.Name)),
                    ("package", Text(model.Package)),
                    ("versions", VersionsFields.Write(model.Versions)),
                    .. ServingFields.Write(model.Serving),
                ]))])),
            ("modelMemory", Bytes(deployment.ModelMemoryBytes)),
            ("endpoint", Endpoint(deployment.Endpoint)),
            ("resources", Resources(deployment.Resources)),
            ("cpuSet", Text(deployment.CpuSet)),
            ("accelerators", Texts(deployment.Accelerators.Select(Accelerator))),
            ("sandbox", deployment.Sandbox == SandboxRule.None ? Text("none") : null),
            ("probe", ProbeFields.Write(deployment.Probe)),
            ("strategy", Strategy(deployment.Strategy))));

    /// <summary>A device.</summary>
    public static ManifestNode.Mapping Write(DeviceManifest device) => Document(
        ManifestKinds.Device,
        device.Id.ToString(),
        device.Labels,
        Map(("cordoned", device.IsCordoned ? Flag(true) : null)));

    /// <summary>A model.</summary>
    public static ManifestNode.Mapping Write(ModelManifest model) => Document(
        ManifestKinds.Model,
        model.Name,
        model.Labels,
        Map(
            ("description", model.Description.Length > 0 ? Text(model.Description) : null),
            ("tags", model.Tags.IsEmpty
                ? null
                : Map([.. model.Tags.Select(tag => (tag.Key, (ManifestNode?)Text(tag.Value.ToString())))]))));

    /// <summary>An enrolment token, which never holds its secret.</summary>
    public static ManifestNode.Mapping Write(EnrollmentTokenManifest token) => Document(
        ManifestKinds.EnrollmentToken,
        token.Name,
        LabelRules.None,
        Map(
            ("deviceName", token.Device is DeviceId device ? Text(device.ToString()) : null),
            ("labels", Labels(token.Labels)),
            ("uses", Number(token.UsesMax)),
            ("ttl", Text(Lifetime.Format(token.Lifetime)))));

    /// <summary>A signing policy, in the clear or signed.</summary>
    public static ManifestNode.Mapping Write(SigningPolicyManifest policy) => Document(
        ManifestKinds.SigningPolicy,
        policy.Name,
        LabelRules.None,
        policy.Document is SigningPolicyDocument document
            ? Map(
                ("version", Number(document.Version)),
                ("expiresAt", Instant(document.ExpiresAtMs)),
                ("rules", Rules(document.Rules)))
            : Map(("envelope", Text(policy.Envelope ?? ""))));

    /// <summary>A site.</summary>
    public static ManifestNode.Mapping Write(SiteSpec site) =>
        Document(ManifestKinds.Site, site.Name, site.Labels, SiteBinding.Write(site.Bandwidth));

    private static ManifestNode.Mapping Document(
        string kind, string name, ImmutableSortedDictionary<string, string> labels, ManifestNode.Mapping spec) => Map(
            ("apiVersion", Text(KindSchema.ApiVersion)),
            ("kind", Text(kind)),
            ("metadata", Map(("name", Text(name)), ("labels", Labels(labels)))),
            ("spec", spec));

    private static ManifestNode.Mapping Selector(LabelSelector selector) => Map(
        ("matchLabels", Labels(selector.MatchLabels)),
        ("matchExpressions", selector.MatchExpressions.IsEmpty
            ? null
            : new ManifestNode.Sequence([.. selector.MatchExpressions.Select(Expression)])));

    private static ManifestNode Expression(SelectorExpression expression) => Map(
        ("key", Text(expression.Key)),
        ("operator", Text(expression.Operator switch
        {
            SelectorOperator.In => "In",
            SelectorOperator.NotIn => "NotIn",
            SelectorOperator.Exists => "Exists",
            SelectorOperator.DoesNotExist => "DoesNotExist",
            SelectorOperator.Unknown => throw Check.Unreachable(expression),
        })),
        ("values", expression.Values.IsEmpty ? null : Texts(expression.Values)));

    private static ManifestNode.Mapping Endpoint(EndpointSpec endpoint) => endpoint.Expose == Exposure.Unix
        ? Map(("expose", Text("unix")))
        : Map(("port", Number(endpoint.Port)), ("expose", Text("loopback")));

    private static ManifestNode.Mapping? Resources(ResourceSpec resources)
    {
        ManifestNode.Mapping requests = Map(
            ("cpu", Milli(resources.CpuRequestMilli)), ("memory", Bytes(resources.MemoryRequestBytes)));
        ManifestNode.Mapping limits = Map(
            ("cpu", Milli(resources.CpuLimitMilli)),
            ("memory", Bytes(resources.MemoryLimitBytes)),
            ("pids", resources.PidsLimit > 0 ? Number(resources.PidsLimit) : null));
        return requests.Entries.IsEmpty && limits.Entries.IsEmpty
            ? null
            : Map(
                ("requests", requests.Entries.IsEmpty ? null : requests),
                ("limits", limits.Entries.IsEmpty ? null : limits));
    }

    private static ManifestNode.Sequence Rules(ImmutableArray<PolicyRule> rules) =>
        new([.. rules.Select(rule => (ManifestNode)Map(
            ("publicKey", Text(rule.PublicKey)),
            ("keyId", Text(rule.KeyId.ToString())),
            ("models", Texts(rule.Models)),
            ("notAfter", Instant(rule.NotAfterMs)),
            ("revoked", rule.Revoked ? Flag(true) : null),
            ("reason", rule.Reason.Length > 0 ? Text(rule.Reason) : null)))]);

    private static ManifestNode? Instant(long ms) => ms > 0 ? Text(InstantText.Of(ms)) : null;

    private static string Accelerator(AcceleratorKind kind) => kind switch
    {
        AcceleratorKind.Cpu => "cpu",
        AcceleratorKind.Gpu => "gpu",
        AcceleratorKind.Npu => "npu",
        AcceleratorKind.Tpu => "tpu",
        AcceleratorKind.Unknown => throw Check.Unreachable(kind),
    };

    private static ManifestNode.Mapping Strategy(StrategySpec strategy) => strategy.Kind switch
    {
        StrategyKind.All => Map(
            ("type", Text("All")),
            ("shadow", ShadowBinding.Write(strategy.Shadow)),
            ("standby", strategy.Standby is { } standby ? Text(Lifetime.Format(standby)) : null),
            ("swap", strategy.Swap == SwapRule.Auto ? null : Text(SwapRules.Word(strategy.Swap))),
            ("maintenance", WindowBinding.Write(strategy.Windows)),
            ("limits", StrategyBinding.WriteLimits(strategy))),
        StrategyKind.Waves => Map(
            ("type", Text("Waves")),
            ("canary", strategy.Canary is { } canary
                ? Map(
                    (canary.Size is { IsPercent: true } ? "percent" : "count", Amount(canary.Size)),
                    ("selector", canary.Selector.IsEmpty ? null : Selector(canary.Selector)))
                : null),
            ("waves", strategy.Waves.IsEmpty
                ? null
                : new ManifestNode.Sequence([.. strategy.Waves.Select(wave => Amount(wave)!)])),
            ("growth", strategy.Waves.IsEmpty ? Number(strategy.Growth) : null),
            ("soak", Text(Lifetime.Format(strategy.Soak))),
            ("maxUnavailable", Amount(strategy.MaxUnavailable)),
            ("budgets", strategy.Budgets.IsEmpty
                ? null
                : new ManifestNode.Sequence([.. strategy.Budgets.Select(budget => (ManifestNode)Map(
                    ("label", Text(budget.Label)), ("minServing", Number(budget.MinServing))))])),
            ("maxFailures", Number(strategy.MaxFailures)),
            ("standby", strategy.Standby is { } kept ? Text(Lifetime.Format(kept)) : null),
            ("swap", strategy.Swap == SwapRule.Auto ? null : Text(SwapRules.Word(strategy.Swap))),
            ("deadline", strategy.Deadline > TimeSpan.Zero ? Text(Lifetime.Format(strategy.Deadline)) : null),
            ("gates", GateBinding.Write(strategy.Gates)),
            ("shadow", ShadowBinding.Write(strategy.Shadow)),
            ("maintenance", WindowBinding.Write(strategy.Windows)),
            ("limits", StrategyBinding.WriteLimits(strategy))),
        StrategyKind.Unknown => throw Check.Unreachable(strategy),
    };

    private static ManifestNode? Amount(DeviceAmount? amount) => amount is null ? null
        : amount.IsPercent ? Text(amount.ToString())
        : Number(amount.Value);

    private static ManifestNode? Milli(int milli) => milli > 0 ? Text(Quantity.FormatMilli(milli)) : null;

    internal static ManifestNode? Bytes(long bytes) => bytes > 0 ? Text(Quantity.FormatBytes(bytes)) : null;

    private static ManifestNode.Mapping? Labels(ImmutableSortedDictionary<string, string> labels) => labels.IsEmpty
        ? null
        : Map([.. labels.Select(label => (label.Key, (ManifestNode?)Text(label.Value)))]);

    private static ManifestNode.Sequence Texts(IEnumerable<string> texts) => new([.. texts.Select(Text)]);

    internal static ManifestNode Text(string text) => new ManifestNode.Scalar(text, quoted: true);

    internal static ManifestNode Number(long number) =>
        new ManifestNode.Scalar(number.ToString(CultureInfo.InvariantCulture), quoted: false);

    internal static ManifestNode Flag(bool value) => new ManifestNode.Scalar(value ? "true" : "false", quoted: false);

    /// <summary>A mapping of those fields that have a value.</summary>
    internal static ManifestNode.Mapping Map(params ReadOnlySpan<(string Key, ManifestNode? Value)> fields)
    {
        ImmutableArray<ManifestEntry>.Builder entries = ImmutableArray.CreateBuilder<ManifestEntry>();
        foreach ((string key, ManifestNode? value) in fields)
        {
            if (value is not null)
            {
                entries.Add(new ManifestEntry(key, 0, value));
            }
        }

        return new ManifestNode.Mapping(entries.ToImmutable());
    }
}
