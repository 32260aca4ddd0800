using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>The binary data of a request: one tensor behind the other, taken in their order.</summary>
/// <param name="bytes">All of it.</param>
/// <param name="lent">Empty, or the same memory where tensors may stay in it.</param>
internal ref struct BinaryPart(ReadOnlySpan<byte> bytes, Memory<byte> lent)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly Memory<byte> _lent = lent;
    private int _used;

    /// <summary>True when nothing is left.</summary>
    internal readonly bool IsUsedUp => _used == _bytes.Length;

    /// <summary>
    /// Fills a tensor whose type and shape are set; false when the next bytes are not exactly its elements.
    /// </summary>
    internal bool TryTake(Tensor tensor, long byteCount)
    {
        bool taken = BinaryTensors.TryTake(
            tensor, _bytes[_used..], byteCount, _lent.IsEmpty ? default : _lent[_used..]);
        _used += taken ? (int)byteCount : 0;
        return taken;
    }
}
