
namespace Kedge.Core.Models;

/// <summary>The element types of the Open Inference Protocol v2 ("Tensor Data Types").</summary>
public static class TensorDatatypes
{
    /// <summary>Bytes of one element by datatype; 0 for <c>BYTES</c>, whose elements differ in length.</summary>
    public static readonly IReadOnlyDictionary<string, int> ElementBytes = new Dictionary<string, int>
    {
        ["BOOL"] = 1,
        ["UINT8"] = 1,
        ["UINT16"] = 2,
        ["UINT32"] = 4,
        ["UINT64"] = 8,
        ["INT8"] = 1,
        ["INT16"] = 2,
        ["INT32"] = 4,
        ["INT64"] = 8,
        ["FP16"] = 2,
        ["BF16"] = 2,
        ["FP32"] = 4,
        ["FP64"] = 8,
        ["BYTES"] = 0,
    };
}
