using Kedge.Core.Models;

namespace Kedge.Core.Manifests;

/// <summary>A signing policy as a manifest holds it: in the clear, or signed. Never compared as a record.</summary>
/// <param name="Name">Its name, a DNS label.</param>
/// <param name="Document">The policy in the clear, to be signed; null when it is signed already.</param>
/// <param name="Envelope">The DSSE envelope as JSON text, not yet verified; null when it is in the clear.</param>
public sealed record SigningPolicyManifest(string Name, SigningPolicyDocument? Document, string? Envelope);
