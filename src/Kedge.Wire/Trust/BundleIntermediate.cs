using Kedge.Core;

namespace Kedge.Wire.Trust;

/// <summary>One intermediate of a trust bundle.</summary>
/// <param name="Certificate">The certificate, DER in base64.</param>
/// <param name="Id">SHA-256 of the DER.</param>
/// <param name="UntilMs">It counts before this time, Unix milliseconds UTC.</param>
public sealed record BundleIntermediate(string Certificate, Digest Id, long UntilMs)
{
    /// <summary>Describes a certificate.</summary>
    /// <param name="der">The certificate, DER.</param>
    /// <param name="untilMs">It counts before this time, Unix milliseconds UTC.</param>
    public static BundleIntermediate Of(ReadOnlySpan<byte> der, long untilMs) =>
        new(Convert.ToBase64String(der), Digest.Of(der), untilMs);
}
