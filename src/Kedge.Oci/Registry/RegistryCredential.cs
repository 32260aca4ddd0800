using System.Text;
using System.Text.Json;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>Who calls a registry.</summary>
/// <param name="User">Name of the user.</param>
/// <param name="Secret">Password or token; never shown.</param>
public sealed record RegistryCredential(string User, string Secret)
{
    private const int CharsMax = 16_384;

    /// <summary>What HTTP's basic scheme sends (RFC 7617 §2).</summary>
    internal string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Secret}"));

    /// <summary>Finds what a file in the form of Docker's <c>config.json</c> holds for a registry.</summary>
    /// <param name="json">The file.</param>
    /// <param name="authority">Host and port of the registry.</param>
    /// <returns>Null when it holds nothing for it.</returns>
    /// <exception cref="KedgeException">The file cannot be used (KEDGE-OCI-013).</exception>
    public static RegistryCredential? Find(ReadOnlyMemory<byte> json, string authority)
    {
        try
        {
            using JsonDocument document = OciJson.Parse(json);
            if (!document.RootElement.TryGetProperty("auths", out JsonElement auths)
                || auths.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (JsonProperty entry in auths.EnumerateObject().Where(one => IsFor(one.Name, authority)))
            {
                return Of(entry.Value) ?? throw new KedgeException(
                    OciErrors.Credentials, $"the entry for {authority} has neither 'auth' nor user and password");
            }

            return null;
        }
        catch (KedgeException exception) when (exception.Finding.Code == OciErrors.Manifest.Code)
        {
            throw new KedgeException(OciErrors.Credentials, exception.Finding.Message, exception);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => User;

    /// <summary>Docker writes some hosts as addresses with a path behind them.</summary>
    private static bool IsFor(string key, string authority)
    {
        int scheme = key.IndexOf("://", StringComparison.Ordinal);
        string host = scheme < 0 ? key : key[(scheme + 3)..];
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        return string.Equals(slash < 0 ? host : host[..slash], authority, StringComparison.OrdinalIgnoreCase);
    }

    private static RegistryCredential? Of(JsonElement entry)
    {
        string user = OciJson.Text(entry, "username", CharsMax);
        string secret = OciJson.Text(entry, "password", CharsMax);
        if (user.Length > 0)
        {
            return new RegistryCredential(user, secret);
        }

        string auth = OciJson.Text(entry, "auth", CharsMax);
        byte[] decoded = new byte[auth.Length];
        if (auth.Length == 0 || !Convert.TryFromBase64String(auth, decoded, out int bytes))
        {
            return null;
        }

        string both = Encoding.UTF8.GetString(decoded, 0, bytes);
        int colon = both.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? new RegistryCredential(both[..colon], both[(colon + 1)..].TrimEnd('\0')) : null;
    }
}
