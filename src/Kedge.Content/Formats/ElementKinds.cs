namespace Kedge.Content.Formats;

/// <summary>What is known of each kind of element.</summary>
public static class ElementKinds
{
    /// <summary>Bytes that are compared as one: an element's, or one byte where several elements share it.</summary>
    public static int Bytes(ElementKind kind) => kind switch
    {
        ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4 => 1,
        ElementKind.Float16 or ElementKind.BFloat16 or ElementKind.Int16 => 2,
        ElementKind.Float32 or ElementKind.Int32 => 4,
        ElementKind.Float64 or ElementKind.Int64 => 8,
    };

    /// <summary>True where elements are floating-point numbers with a sign and an exponent.</summary>
    public static bool IsFloat(ElementKind kind) =>
        kind is ElementKind.Float32 or ElementKind.Float16 or ElementKind.BFloat16 or ElementKind.Float64;

    /// <summary>The kind with this number; <see cref="ElementKind.Unknown"/> for any other.</summary>
    public static ElementKind FromNumber(int number) =>
        number is > 0 and <= (int)ElementKind.Int64 ? (ElementKind)number : ElementKind.Unknown;
}
