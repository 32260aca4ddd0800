using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>
/// One <c>OrtValue</c> that lies on the memory of a tensor, kept while the tensor stays where it is and as it is.
/// </summary>
internal sealed unsafe class OrtSlot(OrtApi api)
{
    private readonly long[] _shape = new long[InferenceLimits.RankMax];
    private byte* _start;
    private TensorType _type;
    private int _rank = -1;

    /// <summary>The native value; 0 for none.</summary>
    internal nint Value { get; private set; }

    /// <summary>True when the value still describes the tensor.</summary>
    internal bool Fits(Tensor tensor)
    {
        fixed (byte* start = tensor.Bytes)
        {
            return Value != 0 && start == _start && tensor.Type == _type && HasShape(tensor.Shape);
        }
    }

    /// <summary>Makes the value anew on the memory of a tensor of numbers.</summary>
    /// <param name="memory">The native description of plain memory.</param>
    /// <param name="tensor">The tensor; it has its shape.</param>
    /// <param name="nothing">Where a tensor without elements may point.</param>
    /// <returns>The native status.</returns>
    internal nint Lay(nint memory, Tensor tensor, void* nothing)
    {
        Release();
        nint value = 0;
        nint status;
        fixed (byte* start = tensor.Bytes)
        fixed (long* shape = tensor.Shape)
        {
            // The memory is pinned for its life, so the pointer stays good while the tensor holds on to it.
            status = api.CreateTensorWithData(
                memory, start is null ? nothing : start, (nuint)tensor.Bytes.Length, shape, (nuint)tensor.Rank,
                OrtTypes.ToNative(tensor.Type), &value);
            _start = start;
        }

        _type = tensor.Type;
        _rank = tensor.Rank;
        tensor.Shape.CopyTo(_shape);
        Value = value;
        return status;
    }

    /// <summary>Takes a value over that lies in memory of its own.</summary>
    internal void Take(nint value)
    {
        Release();
        Value = value;
    }

    /// <summary>Gives the value back.</summary>
    internal void Release()
    {
        nint value = Value;
        Value = 0;
        _rank = -1;
        if (value != 0)
        {
            api.ReleaseValue(value);
        }
    }

    private bool HasShape(ReadOnlySpan<long> shape) =>
        shape.Length == _rank && shape.SequenceEqual(_shape.AsSpan(0, _rank));
}
