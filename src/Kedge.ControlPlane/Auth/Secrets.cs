using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Kedge.Core;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// Secrets that people and devices show. They are random, 256 bits, so that a plain hash of them is enough.
/// </summary>
public static class Secrets
{
    private const int SecretBytes = 32;

    /// <summary>How bearer tokens begin, so that a scanner finds a leaked one.</summary>
    public const string BearerPrefix = "kedge_";

    /// <summary>A new secret, base64url, 43 characters.</summary>
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>A new bearer token.</summary>
    public static string NewBearer() => BearerPrefix + New();

    /// <summary>What is stored instead of the secret.</summary>
    public static Digest HashOf(string secret) => Digest.Of(Encoding.UTF8.GetBytes(secret));

    /// <summary>A random name with a prefix, a DNS label.</summary>
    public static string NewName(string prefix)
    {
        Span<byte> bytes = stackalloc byte[4];
        RandomNumberGenerator.Fill(bytes);
        return $"{prefix}-{Convert.ToHexStringLower(bytes)}";
    }
}
