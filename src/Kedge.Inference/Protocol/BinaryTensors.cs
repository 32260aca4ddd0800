using System.Buffers;
using System.Buffers.Binary;
using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Triton's binary tensor data: elements row-major and little-endian; each element of BYTES is its length in four bytes
/// and then its bytes; BOOL is one byte.
/// </summary>
internal static class BinaryTensors
{
    /// <summary>
    /// Fills a tensor whose type and shape are set; false when the bytes are not exactly its elements.
    /// </summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="binary">Its elements, and maybe more behind them.</param>
    /// <param name="byteCount">How many bytes it takes by what the request says.</param>
    /// <param name="lent">
    /// Empty, or the memory of <paramref name="binary"/>, which neither moves nor changes for as long as the tensor is
    /// used: numbers that lie as a processor wants them then stay where they are.
    /// </param>
    internal static bool TryTake(
        Tensor tensor, ReadOnlySpan<byte> binary, long byteCount, Memory<byte> lent = default)
    {
        if (byteCount > binary.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = binary[..(int)byteCount];
        if (tensor.Type == TensorType.Bytes)
        {
            return TryTakeTexts(tensor, bytes);
        }

        if (bytes.Length != (long)tensor.ElementCount * TensorTypes.ElementBytes(tensor.Type))
        {
            return false;
        }

        if (lent.IsEmpty || !IsAligned(bytes, TensorTypes.ElementBytes(tensor.Type)))
        {
            // Looked at only after the copy: shared memory may change in between.
            bytes.CopyTo(tensor.Bytes);
        }
        else
        {
            Check.That(tensor.TryBorrow(tensor.Shape, lent[..bytes.Length]));
        }

        return tensor.Type != TensorType.Bool || !tensor.Bytes.ContainsAnyExceptInRange((byte)0, (byte)1);
    }

    /// <summary>Bytes that a tensor takes as binary data.</summary>
    internal static long Size(Tensor tensor) =>
        tensor.Bytes.Length + (tensor.Type == TensorType.Bytes ? (long)tensor.ElementCount * sizeof(int) : 0);

    /// <summary>Writes a tensor's elements.</summary>
    internal static void Write(IBufferWriter<byte> output, Tensor tensor)
    {
        if (tensor.Type != TensorType.Bytes)
        {
            output.Write(tensor.Bytes);
            return;
        }

        for (int i = 0; i < tensor.TextCount; i++)
        {
            ReadOnlySpan<byte> text = tensor.Text(i);
            BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), text.Length);
            output.Advance(sizeof(int));
            output.Write(text);
        }
    }

    /// <summary>Writes a tensor's elements to the start of memory that is large enough.</summary>
    internal static void Write(Span<byte> memory, Tensor tensor)
    {
        if (tensor.Type != TensorType.Bytes)
        {
            tensor.Bytes.CopyTo(memory);
            return;
        }

        for (int i = 0; i < tensor.TextCount; i++)
        {
            ReadOnlySpan<byte> text = tensor.Text(i);
            BinaryPrimitives.WriteInt32LittleEndian(memory, text.Length);
            text.CopyTo(memory[sizeof(int)..]);
            memory = memory[(sizeof(int) + text.Length)..];
        }
    }

    private static unsafe bool IsAligned(ReadOnlySpan<byte> bytes, int elementBytes)
    {
        fixed (byte* start = bytes)
        {
            return (nuint)start % (nuint)elementBytes == 0;
        }
    }

    private static bool TryTakeTexts(Tensor tensor, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < tensor.ElementCount; i++)
        {
            if (bytes.Length < sizeof(int))
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            bytes = bytes[sizeof(int)..];
            if (length < 0 || length > bytes.Length)
            {
                return false;
            }

            tensor.AppendText(bytes[..length]);
            bytes = bytes[length..];
        }

        return bytes.IsEmpty;
    }
}
