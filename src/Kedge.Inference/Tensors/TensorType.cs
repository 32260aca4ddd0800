namespace Kedge.Inference.Tensors;

/// <summary>Element types of the Open Inference Protocol v2, and BF16 as Triton has it.</summary>
public enum TensorType
{
    /// <summary>None of the others.</summary>
    Unknown = 0,

    /// <summary>BOOL: one byte, 0 or 1.</summary>
    Bool = 1,

    /// <summary>UINT8.</summary>
    UInt8 = 2,

    /// <summary>UINT16.</summary>
    UInt16 = 3,

    /// <summary>UINT32.</summary>
    UInt32 = 4,

    /// <summary>UINT64.</summary>
    UInt64 = 5,

    /// <summary>INT8.</summary>
    Int8 = 6,

    /// <summary>INT16.</summary>
    Int16 = 7,

    /// <summary>INT32.</summary>
    Int32 = 8,

    /// <summary>INT64.</summary>
    Int64 = 9,

    /// <summary>FP16: IEEE 754 binary16.</summary>
    Float16 = 10,

    /// <summary>BF16: the upper half of an FP32.</summary>
    BFloat16 = 11,

    /// <summary>FP32: IEEE 754 binary32.</summary>
    Float32 = 12,

    /// <summary>FP64: IEEE 754 binary64.</summary>
    Float64 = 13,

    /// <summary>BYTES: each element is a string of bytes; in JSON it is UTF-8 text.</summary>
    Bytes = 14,
}
