using System.Runtime.InteropServices;

namespace Kedge.Inference.TfLite.Native;

/// <summary>
/// The part of <c>struct TfLiteTensor</c> (common.h) that no function reads: which dimensions are open. A test holds
/// the
/// layout against what the functions say of a tensor.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TflTensor
{
    internal int Type;
    internal void* Elements;
    internal TflShape* Shape;
    internal float Scale;
    internal int ZeroPoint;
    internal int AllocationType;
    internal nuint ByteCount;
    internal void* Allocation;
    internal byte* Name;
    internal void* Delegate;
    internal int BufferHandle;
    internal byte IsStale;
    internal byte IsVariable;
    internal int QuantizationType;
    internal void* Quantization;
    internal void* Sparsity;
    internal TflShape* OpenShape;
}

/// <summary><c>TfLiteIntArray</c>: a number of dimensions, and they behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TflShape
{
    internal int Count;
    internal int First;
}
