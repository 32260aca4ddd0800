using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// The buffers of a model: where the bytes of constants lie, within the structure or, in large files, behind it.
/// </summary>
internal sealed class TfLiteBuffers(ModelFile file, FlatFile flat, FormatFailure failure)
{
    private const int BufferSlots = 3;
    private readonly List<FlatRange> _ranges = [];
    private readonly List<FlatRange> _options = [];
    private readonly Dictionary<long, WeightTensor> _constants = [];

    /// <summary>How many buffers there are.</summary>
    public int Count => _ranges.Count;

    /// <summary>Bytes of a buffer; 0 for one without data, as the first always is.</summary>
    public long BytesOf(int buffer) => _ranges[buffer].End - _ranges[buffer].Begin;

    /// <summary>Where a buffer's bytes begin.</summary>
    public long OffsetOf(int buffer) => _ranges[buffer].Begin;

    public bool TryWalk(FlatTable root)
    {
        if (!flat.TryVector(root, 4, sizeof(uint), out FlatVector buffers))
        {
            return false;
        }

        if (buffers.Count > FormatLimits.TensorsMax)
        {
            return failure.Fail(FormatErrors.Limit, $"There are more than {FormatLimits.TensorsMax} buffers.");
        }

        for (long index = 0; index < buffers.Count; index++)
        {
            if (!flat.TryTable(buffers, index, out FlatTable buffer) || !TryBuffer(buffer))
            {
                return flat.Broken("a buffer");
            }
        }

        // Tensors without data name the first buffer.
        return buffers.Count > 0 && BytesOf(0) == 0
            || failure.Malformed("The first buffer is missing or is not empty.");
    }

    private bool TryBuffer(FlatTable buffer)
    {
        if (!flat.TryClosed(buffer, BufferSlots, "a buffer")
            || !flat.TryPlainVector(buffer, 0, elementBytes: 1, out FlatVector data)
            || !flat.TryNumber(buffer, 1, sizeof(ulong), out ulong offset)
            || !flat.TryNumber(buffer, 2, sizeof(ulong), out ulong bytes))
        {
            return false;
        }

        // Offsets of 0 and 1 mean that there is none (schema.fbs, Buffer).
        if (offset <= 1)
        {
            _ranges.Add(new FlatRange(data.At, data.At + data.Bytes));
            return true;
        }

        if (data.Count > 0)
        {
            return failure.Malformed("A buffer has its bytes in two places.");
        }

        return TryOutside(offset, bytes, _ranges);
    }

    /// <summary>Notes the options of a custom operator that lie behind the structure.</summary>
    public bool TryOptions(ulong offset, ulong bytes) => offset <= 1 || TryOutside(offset, bytes, _options);

    private bool TryOutside(ulong offset, ulong bytes, List<FlatRange> ranges)
    {
        if (offset > (ulong)file.Bytes || bytes > (ulong)file.Bytes - offset)
        {
            return failure.Fail(
                FormatErrors.TensorPlace,
                $"{bytes} bytes from byte {offset} on are claimed; the file has {file.Bytes}.");
        }

        ranges.Add(new FlatRange((long)offset, (long)(offset + bytes)));
        return true;
    }

    /// <summary>
    /// Notes that a tensor's data is in a buffer, after comparing the buffer with what the tensor's shape asks for.
    /// </summary>
    public bool TryUse(int buffer, WeightTensor tensor, TfLiteType type)
    {
        long bytes = BytesOf(buffer);
        if (bytes == 0)
        {
            return true;
        }

        if (type.Bits == 0)
        {
            return type.Datatype == "BYTES" ? TryTexts(buffer, tensor) : failure.Fail(
                FormatErrors.TensorPlace, $"Tensor '{tensor.Name}' holds references and has bytes in the file.");
        }

        long asked = ((tensor.Elements * type.Bits) + 7) / 8;
        int boundary = Math.Max(1, Math.Min(type.Bits / 8, sizeof(uint)));
        if (asked != bytes || OffsetOf(buffer) % boundary != 0)
        {
            return failure.Fail(
                FormatErrors.TensorPlace,
                $"Tensor '{tensor.Name}' asks for {asked} bytes, its buffer has {bytes} at byte {OffsetOf(buffer)}.");
        }

        _constants.TryAdd(OffsetOf(buffer), tensor with { Offset = OffsetOf(buffer), Bytes = bytes });
        return true;
    }

    /// <summary>
    /// Texts are a count, where each begins, where the last ends, then their bytes (string_util.h of the runtime).
    /// </summary>
    private bool TryTexts(int buffer, WeightTensor tensor)
    {
        (long at, long bytes) = (OffsetOf(buffer), BytesOf(buffer));
        Span<byte> number = stackalloc byte[sizeof(int)];
        bool read = bytes >= sizeof(int) && flat.TryBytes(at, number);
        long count = BinaryPrimitives.ReadInt32LittleEndian(number);
        long begin = (count + 2) * sizeof(int);
        read = read && count >= 0 && begin <= bytes && count == tensor.Elements;
        for (long index = 0; read && index <= count; index++)
        {
            read = flat.TryBytes(at + ((index + 1) * sizeof(int)), number);
            long next = BinaryPrimitives.ReadInt32LittleEndian(number);
            read = read && next >= begin && next <= bytes && (index < count || next == bytes);
            begin = next;
        }

        if (read)
        {
            _constants.TryAdd(at, tensor with { Offset = at, Bytes = bytes });
        }

        return read || failure.Fail(FormatErrors.TensorPlace, $"The texts of tensor '{tensor.Name}' do not add up.");
    }

    /// <summary>
    /// Data of different buffers lies apart, and apart from the structure. Several tensors may share one buffer.
    /// </summary>
    public bool TryPlaces()
    {
        FlatRange[] data = [.. _ranges.Concat(_options)
            .Where(static range => range.End > range.Begin)
            .OrderBy(static range => range.Begin)
            .ThenBy(static range => range.End)
            .Distinct()];
        FlatRange[] structure = [.. flat.Pieces.OrderBy(static piece => piece.Begin)];
        int piece = 0;
        long end = 0;
        foreach (FlatRange range in data)
        {
            while (piece < structure.Length && structure[piece].Begin < range.End)
            {
                end = Math.Max(end, structure[piece++].End);
            }

            if (range.Begin < end)
            {
                return failure.Fail(
                    FormatErrors.TensorPlace, $"Data at byte {range.Begin} lies on top of something else.");
            }

            end = range.End;
        }

        return true;
    }

    /// <summary>The constants by their place.</summary>
    public ImmutableArray<WeightTensor> Constants() =>
        [.. _constants.Values.OrderBy(static constant => constant.Offset)];
}
