namespace Kedge.Content.Formats;

/// <summary>What the elements of a tensor are, as far as it matters for comparing them. Numbers are part of the delta
/// format and stay.</summary>
public enum ElementKind
{
    /// <summary>Not known, or no plain elements (blocks of a quantised format): bytes.</summary>
    Unknown = 0,

    /// <summary>32-bit IEEE 754, little-endian.</summary>
    Float32 = 1,

    /// <summary>16-bit IEEE 754, little-endian.</summary>
    Float16 = 2,

    /// <summary>The upper half of a 32-bit IEEE 754 number, little-endian.</summary>
    BFloat16 = 3,

    /// <summary>64-bit IEEE 754, little-endian.</summary>
    Float64 = 4,

    /// <summary>8-bit two's complement.</summary>
    Int8 = 5,

    /// <summary>8-bit unsigned; booleans and 8-bit floats too.</summary>
    UInt8 = 6,

    /// <summary>4-bit elements of any kind, two in a byte.</summary>
    Packed4 = 7,

    /// <summary>16-bit two's complement or unsigned, little-endian.</summary>
    Int16 = 8,

    /// <summary>32-bit two's complement or unsigned, little-endian.</summary>
    Int32 = 9,

    /// <summary>64-bit two's complement or unsigned, little-endian.</summary>
    Int64 = 10,
}
