namespace Kedge.Core.Manifests;

/// <summary>The fields of a SigningPolicy.</summary>
internal static class SigningPolicyFields
{
    private const string Example =
        """
        apiVersion: kedge.dev/v1
        kind: SigningPolicy
        metadata:
          name: models
        spec:
          version: 2
          rules:
          - publicKey: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8FU1RiGfvLhcnh5cUsuREKlk\
              N4gzlnRQ5ZONQPrc1hykWFWl5vtnV2xWmvY6C2yXAg0CTaMPWSm3wqb2PwDQRw=="
            models: ["bearing", "press-*"]
            reason: build server of the maintenance team

        """;

    public static KindSchema Kind { get; } = KindSchema.Of(
        ManifestKinds.SigningPolicy,
        "Which keys may sign which models. Devices obey it only when the owner key has signed it: `kedge policy "
        + "sign` turns "
        + "version and rules into the envelope that can be applied.",
        FieldSchema.Group(
            "spec",
            "Either version and rules, or the signed envelope.",
            FieldSchema.Of(
                "version", FieldShape.Integer, "Grows by at least 1 with each change; a device never goes back.")
                .Within(1, (1L << 53) - 1),
            FieldSchema.Of(
                "expiresAt",
                FieldShape.Instant,
                "From then on devices take nothing new under this policy; what they hold goes on. Never when it is "
                + "left out. Agents that do not know the field refuse the policy."),
            new FieldSchema
            {
                Name = "rules",
                Shape = FieldShape.List,
                Description = "One rule for each key; a key that has none may sign nothing.",
                Max = ManifestLimits.PolicyRulesMax,
                Item = Rule,
            },
            FieldSchema.Of("envelope", FieldShape.Text, "The signed policy: a DSSE envelope as JSON text.")
                .Within(2, ManifestLimits.EnvelopeCharsMax)).Required(),
        Example);

    private static FieldSchema Rule => FieldSchema.Group(
        "",
        "What one key may sign.",
        FieldSchema.Of("publicKey", FieldShape.PublicKey, "The key: base64 of its DER SubjectPublicKeyInfo.")
            .Required(),
        FieldSchema.Of(
            "keyId",
            FieldShape.Digest,
            "SHA-256 of the key; computed when it is left out, checked when given."),
        new FieldSchema
        {
            Name = "models",
            Shape = FieldShape.List,
            Description = "Models that it may sign.",
            IsRequired = true,
            Min = 1,
            Max = ManifestLimits.PolicyModelsMax,
            Item = FieldSchema.Of("", FieldShape.ModelPattern, "A model's name, its beginning and `*`, or `*` alone."),
        },
        FieldSchema.Of(
            "notAfter",
            FieldShape.Instant,
            "From then on devices take nothing new that this key signed; what they hold goes on."),
        FieldSchema.Of("revoked", FieldShape.Boolean, "True once nothing counts that it has ever signed.")
            .ByDefault("false"),
        FieldSchema.Of("reason", FieldShape.Text, "Why it is listed or revoked, for people.")
            .Within(0, ManifestLimits.TextCharsMax));
}
