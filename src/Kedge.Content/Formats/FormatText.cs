using System.Text;
using System.Text.Unicode;

namespace Kedge.Content.Formats;

/// <summary>Names as files of any format give them.</summary>
internal static class FormatText
{
    /// <summary>Reads a name that can be shown: valid UTF-8 without control characters.</summary>
    public static bool TryName(ReadOnlySpan<byte> utf8, out string name)
    {
        name = "";
        if (!Utf8.IsValid(utf8))
        {
            return false;
        }

        name = Encoding.UTF8.GetString(utf8);
        return !name.Any(char.IsControl);
    }
}
