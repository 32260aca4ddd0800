using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>Makes specs of the smaller kinds that were checked.</summary>
internal static class OtherBindings
{
    private static readonly TimeSpan _tokenLifetimeDefault = TimeSpan.FromHours(1);

    public static DeviceManifest Device(ManifestFields fields) => new(
        new DeviceId(fields.Text("metadata", "name")),
        fields.Labels("metadata", "labels"),
        fields.Flag("spec", "cordoned"));

    public static ModelManifest Model(ManifestFields fields) => new()
    {
        Name = fields.Text("metadata", "name"),
        Labels = fields.Labels("metadata", "labels"),
        Description = fields.Text("spec", "description"),
        Tags = fields.Labels("spec", "tags").ToImmutableSortedDictionary(
            tag => tag.Key, tag => Digest.Parse(tag.Value), StringComparer.Ordinal),
    };

    public static EnrollmentTokenManifest Token(ManifestFields fields) => new()
    {
        Name = fields.Text("metadata", "name"),
        Device = DeviceId.TryParse(fields.Text("spec", "deviceName"), out DeviceId device) ? device : null,
        Labels = fields.Labels("spec", "labels"),
        UsesMax = Math.Max(1, (int)fields.Number("spec", "uses")),
        Lifetime = Lifetime.TryParse(fields.Text("spec", "ttl"), out TimeSpan span) ? span : _tokenLifetimeDefault,
    };

    public static SigningPolicyManifest Policy(ManifestFields fields)
    {
        string name = fields.Text("metadata", "name");
        ManifestFields spec = fields.At("spec");
        return spec.At("envelope").IsThere
            ? new SigningPolicyManifest(name, null, spec.Text("envelope"))
            : new SigningPolicyManifest(name, Document(spec), null);
    }

    private static SigningPolicyDocument Document(ManifestFields spec) => new()
    {
        Version = spec.Number("version"),
        ExpiresAtMs = Instant(spec, "expiresAt"),
        Rules = [.. spec.Items("rules").Select(rule => new PolicyRule
        {
            KeyId = Digest.Of(Convert.FromBase64String(rule.Text("publicKey"))),
            PublicKey = rule.Text("publicKey"),
            Models = [.. rule.Items("models").Select(model => model.Text())],
            NotAfterMs = Instant(rule, "notAfter"),
            Revoked = rule.Flag("revoked"),
            Reason = rule.Text("reason"),
        })],
    };

    private static long Instant(ManifestFields fields, string name) =>
        InstantText.TryParse(fields.Text(name), out long ms) ? ms : 0;
}
