using Kedge.Core.Manifests;

namespace Kedge.Core.Sites;

/// <summary>Zones as people write them: <c>UTC</c>, <c>+01:00</c>, <c>Europe/Paris</c>.</summary>
public static class ZoneText
{
    /// <summary>Longest name of a zone, in characters; the longest of the tz database has 32.</summary>
    public const int CharsMax = 64;

    private static readonly TimeSpan _offsetMax = TimeSpan.FromHours(14);

    /// <summary>True for UTC and for a fixed distance from it, -14:00 to +14:00.</summary>
    public static bool TryOffset(string text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text == SiteBandwidth.Utc)
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || !TimeText.TryParse(text[1..], out int minutes))
        {
            return false;
        }

        offset = TimeSpan.FromMinutes(text[0] == '-' ? -minutes : minutes);
        return offset.Duration() <= _offsetMax;
    }

    /// <summary>True for what has the form of a zone's name in the tz database: words between single slashes.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= CharsMax && text.Split('/').All(static word =>
            word.Length > 0 && char.IsAsciiLetter(word[0])
            && word.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+'));
}
