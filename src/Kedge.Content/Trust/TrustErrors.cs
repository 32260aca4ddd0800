using Kedge.Core.Errors;

namespace Kedge.Content.Trust;

/// <summary>What can be wrong with signatures and with the policy that says whose count.</summary>
public static class TrustErrors
{
    /// <summary>Envelope not readable.</summary>
    public static readonly ErrorCode Envelope = new(
        "KEDGE-TRUST-001",
        "A signed envelope is not well formed, has no signature, or carries another kind of payload.",
        "Fetch or push it again; check that the file is a DSSE envelope of the expected payload type.");

    /// <summary>No signature by a known key.</summary>
    public static readonly ErrorCode UnknownKey = new(
        "KEDGE-TRUST-002",
        "The content is signed, but by no key that the signing policy lists.",
        "Sign with a listed key, or have the owner add the key to the signing policy.");

    /// <summary>Signature wrong.</summary>
    public static readonly ErrorCode BadSignature = new(
        "KEDGE-TRUST-003",
        "A signature names a known key but does not match the content: it was changed after signing.",
        "Fetch or push it again; if it happens again, somebody or something changes content on the way.");

    /// <summary>Key revoked.</summary>
    public static readonly ErrorCode RevokedKey = new(
        "KEDGE-TRUST-004",
        "The content is signed by a key that the signing policy has revoked.",
        "Sign the content again with a key that is still valid.");

    /// <summary>Key not for this model.</summary>
    public static readonly ErrorCode KeyNotForModel = new(
        "KEDGE-TRUST-005",
        "The key that signed the content may not sign models of this name.",
        "Sign with a key for this model, or have the owner widen the key's rule in the signing policy.");

    /// <summary>Public key unusable.</summary>
    public static readonly ErrorCode Key = new(
        "KEDGE-TRUST-006",
        "A public key is not an ECDSA P-256 key in SubjectPublicKeyInfo form, or does not match its key id.",
        "Give the public key as PEM or base64 of its DER SubjectPublicKeyInfo, on the curve P-256.");

    /// <summary>Policy document wrong.</summary>
    public static readonly ErrorCode Policy = new(
        "KEDGE-TRUST-007",
        "The signing policy breaks a rule: version, number of rules, a model pattern, or one key listed twice.",
        "Mend the rule that the message names and have the owner sign the policy again.");

    /// <summary>Older policy offered.</summary>
    public static readonly ErrorCode PolicyStale = new(
        "KEDGE-TRUST-008",
        "The signing policy offered is older than the one already held.",
        "Publish the policy under a version above the one that is held; versions never go back.");

    /// <summary>Two policies under one version.</summary>
    public static readonly ErrorCode PolicyConflict = new(
        "KEDGE-TRUST-009",
        "Two different signing policies were signed under the same version.",
        "Publish the right one under a higher version, and find out who signed the other.");

    /// <summary>Name differs.</summary>
    public static readonly ErrorCode PackageName = new(
        "KEDGE-TRUST-010",
        "The package is signed, but it is not the package that was asked for: its name or digest differs.",
        "Fetch again; if it happens again, the server answers with content that nobody asked for.");

    /// <summary>Policy over.</summary>
    public static readonly ErrorCode PolicyExpired = new(
        "KEDGE-TRUST-022",
        "The signing policy has expired: nothing new is taken under it, and what is served goes on.",
        "Have the owner sign the next version with 'kedge policy sign --expires'; check the clock that the message is "
        + "from.");

    /// <summary>Key over.</summary>
    public static readonly ErrorCode KeyEnded = new(
        "KEDGE-TRUST-023",
        "The key that signed the content has come to the end that its rule in the signing policy sets.",
        "Sign the content with the key that followed, or have the owner give the key another end.");

    /// <summary>Step of the owner key refused.</summary>
    public static readonly ErrorCode OwnerRefused = new(
        "KEDGE-TRUST-024",
        "A change of the owner key is not signed by both keys, does not follow the one that counts, or goes back.",
        "Make the change with 'kedge policy rotate-owner' and the owner key that counts now.");

    /// <summary>Two keys follow one.</summary>
    public static readonly ErrorCode OwnerFork = new(
        "KEDGE-TRUST-025",
        "Two different keys were signed to follow the same owner key: somebody else holds the old one.",
        "What is held stays; find out which of both is yours, and enrol devices anew that followed the other.");

    /// <summary>A step is missing.</summary>
    public static readonly ErrorCode OwnerGap = new(
        "KEDGE-TRUST-026",
        "A change of the owner key was offered without those before it.",
        "Ask a server that has all of them; 'kedge server restore' of a backup from before a change loses it.");
}
