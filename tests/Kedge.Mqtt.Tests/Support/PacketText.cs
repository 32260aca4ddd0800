using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Every public property of a record as text, arrays by content: equal texts mean equal packets.</summary>
public static class PacketText
{
    public static string Of(object? value) => value switch
    {
        null => "-",
        string text => $"\"{text}\"",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        Enum or bool => value.ToString()!,
        IFormattable number when value.GetType().IsPrimitive => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Of))}]",
        _ => OfProperties(value),
    };

    private static string OfProperties(object value)
    {
        var text = new StringBuilder(value.GetType().Name).Append('(');
        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            text.Append(property.Name).Append('=').Append(Of(property.GetValue(value))).Append(' ');
        }

        return text.Append(')').ToString();
    }
}
