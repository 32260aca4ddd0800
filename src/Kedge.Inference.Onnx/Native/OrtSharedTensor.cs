namespace Kedge.Inference.Onnx.Native;

/// <summary>One weight that several sessions compute with.</summary>
/// <param name="name">Its name, ended by a zero; the runtime keeps the pointer only while options are made.</param>
/// <param name="value">The native value, on memory of its own.</param>
internal sealed unsafe class OrtSharedTensor(byte* name, nint value)
{
    internal byte* Name => name;

    internal nint Value => value;
}
