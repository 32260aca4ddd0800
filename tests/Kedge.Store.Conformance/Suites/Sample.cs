using System.Collections.Immutable;
using System.Text;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

/// <summary>Objects that are right, to be changed by <c>with</c>.</summary>
public static class Sample
{
    public static Digest DigestOf(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));

    public static ImmutableArray<byte> Bytes(string text) => [.. Encoding.UTF8.GetBytes(text)];

    public static ImmutableSortedDictionary<string, string> Labels(params (string Key, string Value)[] pairs) =>
        LabelRules.None.AddRange(pairs.Select(p => KeyValuePair.Create(p.Key, p.Value)));

    public static DeviceEnrolment Enrolment(string name, string key = "key-1", string incarnation = "first") => new()
    {
        Device = new DeviceId(name),
        Incarnation = incarnation,
        Key = DigestOf($"{name} {key}"),
        AtMs = 1000,
        Labels = Labels(("line", "press")),
    };

    public static CertificateRow Certificate(string name, string serial, string key = "key-1") => new()
    {
        Serial = serial,
        Device = new DeviceId(name),
        Thumbprint = DigestOf($"certificate {serial}"),
        Key = DigestOf($"{name} {key}"),
        NotAfterMs = 10_000,
        IssuedAtMs = 1000,
    };

    public static EnrolmentTokenRow Token(string name) => new()
    {
        Name = name,
        Hash = DigestOf($"secret of {name}"),
        ExpiresAtMs = 5000,
        UsesMax = 1,
        Labels = Labels(("site", "lyon")),
        CreatedAtMs = 10,
    };

    public static SiteRow Site(string name, string spec) =>
        new() { Name = name, SpecJson = $"{{\"spec\":\"{spec}\"}}", AppliedAtMs = 8000 };

    public static ReportCommit Status(
        string name, long sequence, string json = "{\"v\":1}", long generation = 0) => new()
        {
            Device = new DeviceId(name),
            Incarnation = "first",
            Sequence = sequence,
            ReceivedAtMs = 2000 + sequence,
            Body = new ReportBody.Status(json, new Generation(generation), true),
        };

    public static EventWrite Event(string reason, string? device = null, string? deployment = null) => new()
    {
        AtMs = 3000,
        Reason = reason,
        Message = $"{reason} happened",
        Device = device is null ? null : new DeviceId(device),
        Deployment = deployment is null ? null : new DeploymentId(deployment),
    };

    public static DesiredChange Change(string name, long parent, long generation, string key = "key-1") => new()
    {
        Device = new DeviceId(name),
        Parent = new Generation(parent),
        Generation = new Generation(generation),
        Content = DigestOf($"content {name} {generation}"),
        DeviceKey = DigestOf($"{name} {key}"),
        Signed = Bytes($"signed {name} {generation}"),
    };

    public static DesiredCommit Commit(params DesiredChange[] changes) =>
        new() { PlanRevision = 1, AtMs = 4000, Changes = [.. changes] };

    public static RolloutWrite Rollout(string name, long parent, string state) => new()
    {
        Id = new DeploymentId(name),
        Parent = parent,
        StateJson = $"{{\"state\":\"{state}\"}}",
        AtMs = 5000,
    };

    public static FiguresWrite Figures(string device, string deployment, string figures) => new()
    {
        Device = new DeviceId(device),
        Deployment = new DeploymentId(deployment),
        Json = $"{{\"figures\":\"{figures}\"}}",
        AtMs = 9000,
    };

    public static DeploymentWrite Deployment(string name, string spec, params Digest[] packages) => new()
    {
        Id = new DeploymentId(name),
        SpecJson = $"{{\"spec\":\"{spec}\"}}",
        Packages = [.. packages],
        AtMs = 6000,
        Cause = $"apply {spec}",
    };

    public static PackageWrite Package(string model, string content) => new()
    {
        Digest = DigestOf($"package {model} {content}"),
        Name = model,
        Envelope = Bytes($"envelope {model} {content}"),
        ManifestJson = $"{{\"name\":\"{model}\"}}",
        Chunks = [new ChunkRef(DigestOf("shared chunk"), 10), new ChunkRef(DigestOf($"chunk {content}"), 20)],
        AtMs = 7000,
    };

    public static TagMove Tag(string model, string tag, Digest digest) =>
        new() { Name = model, Tag = tag, Digest = digest, AtMs = 8000 };

    public static TrustRow Policy(long version, string content) => new()
    {
        Kind = TrustKind.SigningPolicy,
        Version = version,
        Content = DigestOf(content),
        Envelope = Bytes($"envelope {content}"),
        AtMs = 9000,
    };
}
