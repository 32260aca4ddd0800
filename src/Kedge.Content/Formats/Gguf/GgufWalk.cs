using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Content.Formats.Gguf;

/// <summary>One walk through the header: head, metadata, tensors, and the places of all tensors together.</summary>
internal sealed class GgufWalk(ModelFile file)
{
    private const int TensorBytesMin = 8 + 4 + 4 + 8;
    private readonly HeaderCursor _cursor = new(file);
    private readonly FormatFailure _failure = new();
    private readonly GgufMetadata _metadata = new();

    public Finding Failure => _failure.First ?? FormatErrors.Malformed.At("The header ends early.");

    public string Architecture => _metadata.Architecture;

    public bool TryWalk(out ImmutableArray<WeightTensor> tensors)
    {
        tensors = [];
        if (!TryHead(out ulong tensorCount, out ulong metadataCount)
            || !_metadata.TryWalk(_cursor, metadataCount, _failure)
            || !TryTensors((int)tensorCount, out List<WeightTensor> found))
        {
            return false;
        }

        long data = Aligned(_cursor.Position);
        tensors = [.. found
            .Select(tensor => tensor with { Offset = tensor.Offset + data })
            .OrderBy(static tensor => tensor.Offset)
            .ThenBy(static tensor => tensor.Bytes)];
        return TryPlaces(tensors, data);
    }

    private bool TryHead(out ulong tensorCount, out ulong metadataCount)
    {
        (tensorCount, metadataCount) = (0, 0);
        if (!_cursor.TryTake(4, out ReadOnlySpan<byte> magic) || !magic.SequenceEqual("GGUF"u8))
        {
            return _failure.Malformed("The file does not begin with GGUF.");
        }

        if (!_cursor.TryUInt32(out uint version))
        {
            return false;
        }

        if (version is not (2 or 3))
        {
            bool isBigEndian = (version & 0xFFFF) == 0 && version != 0;
            return _failure.Fail(FormatErrors.Version, isBigEndian
                ? "The GGUF file is big-endian; little-endian files are known."
                : $"The GGUF version is {version}; 2 and 3 are known.");
        }

        if (!_cursor.TryUInt64(out tensorCount) || !_cursor.TryUInt64(out metadataCount))
        {
            return false;
        }

        if (tensorCount > FormatLimits.TensorsMax || metadataCount > FormatLimits.MetadataMax)
        {
            return _failure.Fail(
                FormatErrors.Limit,
                $"The GGUF file claims {tensorCount} tensors and {metadataCount} metadata entries; at most "
                + $"{FormatLimits.TensorsMax} and {FormatLimits.MetadataMax} are allowed.");
        }

        return tensorCount > 0 || _failure.Malformed("The GGUF file holds no tensors.");
    }

    private bool TryTensors(int count, out List<WeightTensor> tensors)
    {
        tensors = [];
        if ((long)count * TensorBytesMin > _cursor.Remaining)
        {
            return _failure.Malformed($"The file claims {count} tensors and ends before them.");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        for (int index = 0; index < count; index++)
        {
            if (!TryName(index, out string name) || !TryTensor(name, out WeightTensor? tensor) || tensor is null)
            {
                return false;
            }

            if (!names.Add(name))
            {
                return _failure.Malformed($"Two tensors are called '{name}'.");
            }

            tensors.Add(tensor);
        }

        return true;
    }

    private bool TryName(int index, out string name)
    {
        name = "";
        if (!_cursor.TryUInt64(out ulong bytes))
        {
            return false;
        }

        if (bytes is 0 or > FormatLimits.GgufNameBytesMax)
        {
            return _failure.Fail(
                FormatErrors.Limit,
                $"The name of tensor {index} has {bytes} bytes; 1 to {FormatLimits.GgufNameBytesMax} are allowed.");
        }

        if (!_cursor.TryTake((int)bytes, out ReadOnlySpan<byte> utf8))
        {
            return false;
        }

        return FormatText.TryName(utf8, out name)
            || _failure.Malformed($"The name of tensor {index} is no printable UTF-8.");
    }

    private bool TryTensor(string name, out WeightTensor? tensor)
    {
        tensor = null;
        if (!_cursor.TryUInt32(out uint rank))
        {
            return false;
        }

        if (rank > FormatLimits.GgufRankMax)
        {
            return _failure.Fail(
                FormatErrors.Limit,
                $"Tensor '{name}' has {rank} axes; at most {FormatLimits.GgufRankMax} are allowed.");
        }

        if (!TryElements(name, (int)rank, out long elements, out long row))
        {
            return false;
        }

        if (!_cursor.TryUInt32(out uint number) || !_cursor.TryUInt64(out ulong offset))
        {
            return false;
        }

        if (GgufTypes.Of(number) is not { } type)
        {
            return _failure.Fail(FormatErrors.Version, $"Tensor '{name}' has the unknown element type {number}.");
        }

        if (row % type.BlockElements != 0)
        {
            return _failure.Fail(
                FormatErrors.TensorPlace,
                $"Tensor '{name}' has rows of {row} elements, which are no whole blocks of {type.BlockElements}.");
        }

        if (offset > (ulong)file.Bytes)
        {
            return _failure.Fail(FormatErrors.TensorPlace, $"Tensor '{name}' begins behind the end of the file.");
        }

        tensor = new WeightTensor
        {
            Name = name,
            Precision = type.Precision,
            Element = type.Element,
            Elements = elements,
            Offset = (long)offset,
            Bytes = elements / type.BlockElements * type.BlockBytes,
        };
        return true;
    }

    /// <summary>A tensor without axes has one element.</summary>
    private bool TryElements(string name, int rank, out long elements, out long row)
    {
        (elements, row) = (1, 1);
        for (int axis = 0; axis < rank; axis++)
        {
            if (!_cursor.TryUInt64(out ulong extent))
            {
                return false;
            }

            if (extent > FormatLimits.ElementsMax
                || (extent != 0 && elements > FormatLimits.ElementsMax / (long)extent))
            {
                return _failure.Fail(
                    FormatErrors.Limit, $"Tensor '{name}' claims more than {FormatLimits.ElementsMax} elements.");
            }

            elements *= (long)extent;
            row = axis == 0 ? (long)extent : row;
        }

        return true;
    }

    /// <summary>
    /// Each tensor begins at the next boundary behind the one before; nothing lies between, before or behind them.
    /// </summary>
    private bool TryPlaces(ImmutableArray<WeightTensor> tensors, long data)
    {
        long end = data;
        foreach (WeightTensor tensor in tensors)
        {
            if (tensor.Offset != Aligned(end))
            {
                return _failure.Fail(
                    FormatErrors.TensorPlace,
                    $"Tensor '{tensor.Name}' begins at byte {tensor.Offset}; the one before it leaves {Aligned(end)}.");
            }

            end = tensor.Offset + tensor.Bytes;
            if (end > file.Bytes)
            {
                return _failure.Fail(
                    FormatErrors.TensorPlace,
                    $"Tensor '{tensor.Name}' ends at byte {end}, the file at {file.Bytes}.");
            }
        }

        return file.Bytes <= Aligned(end) || _failure.Fail(
            FormatErrors.TensorPlace, $"{file.Bytes - end} bytes lie behind the last tensor and belong to none.");
    }

    private long Aligned(long offset) =>
        (offset + _metadata.AlignmentBytes - 1) / _metadata.AlignmentBytes * _metadata.AlignmentBytes;
}
