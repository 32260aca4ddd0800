using System.Buffers.Binary;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.TfLite.Native;

/// <summary>
/// Texts as the library lays them out (string_util.h): their count, where each begins and where the last one ends, all
/// 32-bit and from the start of the memory, then the bytes.
/// </summary>
internal static unsafe class TflTexts
{
    private const int NumberBytes = sizeof(int);

    /// <summary>Writes the texts of a tensor into a native one, whose memory is made as large as that takes.</summary>
    internal static void Put(TflApi api, nint native, Tensor tensor)
    {
        int count = tensor.TextCount;
        int head = NumberBytes * (count + 2);
        int length = checked(head + tensor.Bytes.Length);
        api.Reallocate((nuint)length, native);
        Span<byte> room = new(api.GetElements(native), length);
        BinaryPrimitives.WriteInt32LittleEndian(room, count);
        int end = head;
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(room[(NumberBytes * (i + 1))..], end);
            end += tensor.Text(i).Length;
        }

        BinaryPrimitives.WriteInt32LittleEndian(room[(NumberBytes * (count + 1))..], end);
        tensor.Bytes.CopyTo(room[head..]);
    }

    /// <summary>Reads as many texts as the tensor's shape asks for.</summary>
    internal static Finding? Take(TflApi api, nint native, Tensor tensor)
    {
        nuint bytes = api.GetByteCount(native);
        if (bytes > InferenceLimits.TensorBytesMax)
        {
            return InferErrors.TooLarge.At($"Output '{tensor.Name}' is larger than 2 GB.");
        }

        ReadOnlySpan<byte> room = new(api.GetElements(native), (int)bytes);
        int count = room.Length < NumberBytes ? 0 : BinaryPrimitives.ReadInt32LittleEndian(room);
        if (count != tensor.ElementCount || room.Length < NumberBytes * (count + 2L))
        {
            return count == 0 && tensor.ElementCount == 0
                ? null
                : InferErrors.RunFailed.At($"Output '{tensor.Name}' has another number of texts than its shape.");
        }

        for (int i = 0; i < count; i++)
        {
            int start = BinaryPrimitives.ReadInt32LittleEndian(room[(NumberBytes * (i + 1))..]);
            int end = BinaryPrimitives.ReadInt32LittleEndian(room[(NumberBytes * (i + 2))..]);
            if (start < 0 || end < start || end > room.Length)
            {
                return InferErrors.RunFailed.At($"Output '{tensor.Name}' has texts outside of its memory.");
            }

            tensor.AppendText(room[start..end]);
        }

        return null;
    }
}
