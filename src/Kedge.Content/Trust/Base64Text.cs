namespace Kedge.Content.Trust;

/// <summary>
/// Base64 from outside (RFC 4648): the standard alphabet and the one for URLs, as DSSE asks of readers.
/// </summary>
internal static class Base64Text
{
    public static bool TryDecode(string text, out byte[] bytes)
    {
        string standard = text.Replace('-', '+').Replace('_', '/');
        int missing = (4 - (standard.Length % 4)) % 4;
        standard = standard.EndsWith('=') ? standard : standard.PadRight(standard.Length + missing, '=');
        byte[] buffer = new byte[standard.Length / 4 * 3];
        bool decoded = Convert.TryFromBase64String(standard, buffer, out int written);
        bytes = decoded ? buffer[..written] : [];
        return decoded;
    }
}
