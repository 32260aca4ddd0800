using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A certificate that was issued to a device.</summary>
public sealed record CertificateRow
{
    /// <summary>Serial number, upper-case hex, 2..40 digits (RFC 5280 §4.1.2.2).</summary>
    public required string Serial { get; init; }

    /// <summary>Whose it is.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Digest of the DER of the certificate.</summary>
    public required Digest Thumbprint { get; init; }

    /// <summary>Digest of its SubjectPublicKeyInfo.</summary>
    public required Digest Key { get; init; }

    /// <summary>End of its validity, Unix ms.</summary>
    public required long NotAfterMs { get; init; }

    /// <summary>When it was issued, Unix ms.</summary>
    public required long IssuedAtMs { get; init; }

    /// <summary>When it was revoked, Unix ms; 0 while it is good.</summary>
    public long RevokedAtMs { get; init; }

    /// <summary>Why it was revoked; empty while it is good.</summary>
    public string RevokedBecause { get; init; } = "";
}
