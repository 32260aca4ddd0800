using Kedge.Wire.Reported;

namespace Kedge.Wire.Enrolment;

/// <summary>
/// <c>POST /v1/enrol</c> over TLS whose server certificate chains to the authority that the token names.
/// </summary>
public sealed record EnrolRequest
{
    /// <summary>The one-time token.</summary>
    public required string Token { get; init; }

    /// <summary>Name that the device wants; empty when the token fixes it.</summary>
    public string Device { get; init; } = "";

    /// <summary>PKCS #10 request in PEM (RFC 2986), signed by the device's key (ECDSA P-256).</summary>
    public required string CsrPem { get; init; }

    /// <summary>Random text of this installation, 32 hex digits.</summary>
    public required string Incarnation { get; init; }

    /// <summary>Labels that the device brings; those of the token win.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a device gets when it enrols or renews.</summary>
public sealed record EnrolResponse
{
    /// <summary>Tenant that the token belongs to.</summary>
    public required string Tenant { get; init; }

    /// <summary>Name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Certificate of the device and the intermediate, PEM, leaf first.</summary>
    public required string CertificateChainPem { get; init; }

    /// <summary>Root of the authority, PEM.</summary>
    public required string RootPem { get; init; }

    /// <summary>Host and port of the device link (MQTT over TLS).</summary>
    public required string Link { get; init; }

    /// <summary>Base address of content and enrolment, <c>https://...</c>.</summary>
    public required string Content { get; init; }

    /// <summary>SubjectPublicKeyInfo of the owner key, base64: pinned from now on.</summary>
    public required string OwnerKey { get; init; }

    /// <summary>Version of <see cref="OwnerKey"/>: how often it was changed, plus 1. 0, which older servers give, is
    /// 1.</summary>
    public long OwnerVersion { get; init; }

    /// <summary>Policy and keys, signed by the owner.</summary>
    public required TrustDocuments Trust { get; init; }

    /// <summary>
    /// The trust bundle, signed by the root: which intermediates count. Empty from a server that has none.
    /// </summary>
    public string Bundle { get; init; } = "";
}

/// <summary><c>POST /v1/renew</c>: over the old certificate, expired or not, while the device is not revoked.</summary>
public sealed record RenewRequest
{
    /// <summary>
    /// PKCS #10 request in PEM, signed by the enrolled key: the proof that makes an expired certificate good enough.
    /// </summary>
    public required string CsrPem { get; init; }

    /// <summary>The certificate that is to be renewed, PEM.</summary>
    public required string CertificatePem { get; init; }
}

/// <summary><c>GET /v1/trust</c>: documents that the owner key signed (DSSE envelopes, JSON text).</summary>
public sealed record TrustDocuments
{
    /// <summary>Which keys may sign which models.</summary>
    public required string SigningPolicy { get; init; }

    /// <summary>Which keys may sign desired states.</summary>
    public required string DesiredKeys { get; init; }

    /// <summary>
    /// Every change of the owner key since the first, in order; null from servers that know of none.
    /// </summary>
    public IReadOnlyList<string>? OwnerKeys { get; init; }
}

/// <summary>Body of every answer that is not a success.</summary>
/// <param name="Error">What is wrong.</param>
public sealed record ProblemResponse(ProblemMessage Error);
