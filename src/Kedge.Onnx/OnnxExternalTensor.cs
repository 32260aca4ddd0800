namespace Kedge.Onnx;

/// <summary>A tensor whose data lies in another file (onnx.proto3, <c>TensorProto.external_data</c>).</summary>
/// <param name="Name">The tensor's name; may be empty.</param>
/// <param name="ElementType">Its element type, of a fixed width.</param>
/// <param name="Location">The other file, as written: nothing is said yet about whether it is allowed.</param>
/// <param name="Offset">Where the data begins there, 0 or above.</param>
/// <param name="Bytes">How many bytes it has, as its shape and type ask for; 0 or above.</param>
public sealed record OnnxExternalTensor(
    string Name, OnnxElementType ElementType, string Location, long Offset, long Bytes);
