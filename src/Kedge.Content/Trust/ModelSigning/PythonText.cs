using System.Globalization;
using System.Text;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// JSON as Python's <c>json</c> module writes it, which both layers of a model signature come from: ASCII alone, every
/// other character as <c>\uXXXX</c>.
/// </summary>
internal static class PythonText
{
    /// <summary>Appends a text in quotation marks.</summary>
    public static StringBuilder Text(this StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\f' => json.Append("\\f"),
                '\b' => json.Append("\\b"),
                >= ' ' and <= '~' => json.Append(c),
                _ => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        return json.Append('"');
    }

    /// <summary>Appends items with commas between them.</summary>
    public static void Items<T>(this StringBuilder json, IEnumerable<T> items, Action<StringBuilder, T> write)
    {
        bool isFirst = true;
        foreach (T item in items)
        {
            if (!isFirst)
            {
                json.Append(',');
            }

            write(json, item);
            isFirst = false;
        }
    }
}
