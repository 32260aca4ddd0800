namespace Kedge.Inference.Grpc;

/// <summary>What a parameter holds; the numbers are the fields of <c>InferParameter</c>.</summary>
internal enum ParameterKind
{
    /// <summary>Nothing, or something newer than this program.</summary>
    Unknown = 0,

    /// <summary>A boolean.</summary>
    Bool = 1,

    /// <summary>A whole number with a sign.</summary>
    Int64 = 2,

    /// <summary>A text.</summary>
    Text = 3,

    /// <summary>A floating-point number; read and never used.</summary>
    Double = 4,

    /// <summary>A whole number without a sign.</summary>
    UInt64 = 5,
}

/// <summary>
/// One entry of <c>map&lt;string, InferParameter&gt;</c>: a message of key (1) and value (2). Triton's parameters of
/// the
/// repository have the same form.
/// </summary>
internal ref struct WireParameter
{
    private const int KeyField = 1;
    private const int ValueField = 2;

    private ulong _number;

    /// <summary>Its name, in UTF-8.</summary>
    internal ReadOnlySpan<byte> Key { readonly get; private set; }

    /// <summary>What it holds.</summary>
    internal ParameterKind Kind { readonly get; private set; }

    /// <summary>Its value where it is a text, in UTF-8.</summary>
    internal ReadOnlySpan<byte> Text { readonly get; private set; }

    /// <summary>True for the boolean true.</summary>
    internal readonly bool IsTrue => Kind == ParameterKind.Bool && _number != 0;

    /// <summary>Its value where it is a whole number from 0.</summary>
    internal readonly bool TryCount(out long count)
    {
        count = (long)_number;
        return Kind is ParameterKind.Int64 or ParameterKind.UInt64 && count >= 0;
    }

    /// <summary>Reads an entry; false when its bytes are no message.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> entry, out WireParameter parameter)
    {
        parameter = default;
        WireReader reader = new(entry);
        while (reader.TryNext())
        {
            if (reader.Is(KeyField, WireKind.Bytes))
            {
                parameter.Key = reader.Bytes;
            }
            else if (reader.Is(ValueField, WireKind.Bytes) && !parameter.TryReadValue(reader.Bytes))
            {
                return false;
            }
        }

        return !reader.IsBroken;
    }

    private bool TryReadValue(ReadOnlySpan<byte> value)
    {
        WireReader reader = new(value);
        while (reader.TryNext())
        {
            ParameterKind kind = (ParameterKind)reader.Field;
            WireKind expected = kind switch
            {
                ParameterKind.Text => WireKind.Bytes,
                ParameterKind.Double => WireKind.Fixed64,
                _ => WireKind.Varint,
            };
            if (kind is >= ParameterKind.Bool and <= ParameterKind.UInt64 && reader.Kind == expected)
            {
                Kind = kind;
                Text = kind == ParameterKind.Text ? reader.Bytes : default;
                _number = kind == ParameterKind.Text ? 0 : reader.Number;
            }
        }

        return !reader.IsBroken;
    }
}
