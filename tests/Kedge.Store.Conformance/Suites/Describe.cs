using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Kedge.Store.Conformance.Suites;

/// <summary>Writes any outcome or row as text, so that two drivers can be compared whole.</summary>
public static class Describe
{
    public static string Of(object? value)
    {
        StringBuilder text = new();
        Write(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string or bool or Enum:
                text.Append('"').Append(value).Append('"');
                break;
            case IFormattable number when value.GetType().IsPrimitive:
                text.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            case IEnumerable items:
                WriteItems(text, items);
                break;
            default:
                WriteObject(text, value);
                break;
        }
    }

    private static void WriteItems(StringBuilder text, IEnumerable items)
    {
        text.Append('[');
        foreach (object? item in items)
        {
            Write(text, item);
            text.Append(' ');
        }

        text.Append(']');
    }

    private static void WriteObject(StringBuilder text, object value)
    {
        Type type = value.GetType();
        if (type.Namespace == "Kedge.Core" || type.Namespace == "System")
        {
            text.Append(value);
            return;
        }

        text.Append(type.Name).Append('(');
        foreach (PropertyInfo property in type.GetProperties().OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            if (property.GetIndexParameters().Length == 0)
            {
                text.Append(property.Name).Append('=');
                Write(text, property.GetValue(value));
                text.Append(", ");
            }
        }

        text.Append(')');
    }
}
