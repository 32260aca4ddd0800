namespace Kedge.Onnx;

/// <summary>Element types of ONNX tensors, with the numbers of <c>TensorProto.DataType</c> (onnx.proto3).</summary>
public enum OnnxElementType
{
    /// <summary>Not given, or not known to this version.</summary>
    Unknown = 0,

    /// <summary>32-bit IEEE 754.</summary>
    Float = 1,

    /// <summary>Unsigned 8-bit.</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit.</summary>
    Int8 = 3,

    /// <summary>Unsigned 16-bit.</summary>
    UInt16 = 4,

    /// <summary>Signed 16-bit.</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit.</summary>
    Int64 = 7,

    /// <summary>Bytes of any length.</summary>
    String = 8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,

    /// <summary>16-bit IEEE 754.</summary>
    Float16 = 10,

    /// <summary>64-bit IEEE 754.</summary>
    Double = 11,

    /// <summary>Unsigned 32-bit.</summary>
    UInt32 = 12,

    /// <summary>Unsigned 64-bit.</summary>
    UInt64 = 13,

    /// <summary>Two 32-bit floats.</summary>
    Complex64 = 14,

    /// <summary>Two 64-bit floats.</summary>
    Complex128 = 15,

    /// <summary>16-bit brain float.</summary>
    BFloat16 = 16,

    /// <summary>8-bit float, 4 exponent bits, finite.</summary>
    Float8E4M3Fn = 17,

    /// <summary>8-bit float, 4 exponent bits, no negative zero.</summary>
    Float8E4M3FnUz = 18,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    Float8E5M2 = 19,

    /// <summary>8-bit float, 5 exponent bits, no negative zero.</summary>
    Float8E5M2FnUz = 20,

    /// <summary>Unsigned 4-bit, two in a byte.</summary>
    UInt4 = 21,

    /// <summary>Signed 4-bit, two in a byte.</summary>
    Int4 = 22,

    /// <summary>4-bit float, two in a byte.</summary>
    Float4E2M1 = 23,

    /// <summary>8-bit scale, exponent only.</summary>
    Float8E8M0 = 24,

    /// <summary>Unsigned 2-bit, four in a byte.</summary>
    UInt2 = 25,

    /// <summary>Signed 2-bit, four in a byte.</summary>
    Int2 = 26,
}
