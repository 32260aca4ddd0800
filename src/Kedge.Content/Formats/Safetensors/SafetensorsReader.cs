using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Unicode;
using Kedge.Core.Errors;

namespace Kedge.Content.Formats.Safetensors;

/// <summary>
/// Reads the header of a safetensors file: eight bytes of length, JSON of that length, then the tensors' bytes (the
/// format section of its README, and <c>read_metadata</c> and <c>validate</c> of tensor.rs).
/// As its own reader does, it demands that the tensors cover all bytes behind the header, in order, without holes and
/// without overlaps, and that a header has at most 100 MB. Beyond that it refuses what readers could take differently:
/// names used twice, fields that the format does not have. Only the header is read, so the file may have any length.
/// </summary>
public static class SafetensorsReader
{
    private const int LengthBytes = sizeof(ulong);
    private const string MetadataName = "__metadata__";

    /// <summary>Reads the header of <paramref name="file"/>. Never throws, whatever the bytes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="weights">What it holds; null when the answer is false.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public static bool TryRead(ModelFile file, out WeightFile? weights, out Finding? finding)
    {
        FormatFailure failure = new();
        List<WeightTensor> tensors = [];
        bool read = TryHeader(file, failure, out byte[] header) && TryTensors(header, tensors, failure);
        long data = LengthBytes + header.Length;
        ImmutableArray<WeightTensor> sorted = [.. tensors
            .Select(tensor => tensor with { Offset = tensor.Offset + data })
            .OrderBy(static tensor => tensor.Offset)
            .ThenBy(static tensor => tensor.Bytes)];
        read = read && TryPlaces(sorted, data, file.Bytes, failure);
        finding = read ? null : failure.First ?? FormatErrors.Malformed.At("The header is not well formed.");
        weights = !read ? null : new WeightFile { Tensors = sorted, Architecture = "", FileBytes = file.Bytes };
        return read;
    }

    private static bool TryHeader(ModelFile file, FormatFailure failure, out byte[] header)
    {
        header = [];
        Span<byte> length = stackalloc byte[LengthBytes];
        if (file.Bytes < LengthBytes || !file.TryFill(0, length))
        {
            return failure.Malformed("The file is shorter than the length of its header.");
        }

        ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (bytes > FormatLimits.SafetensorsHeaderBytesMax)
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"The header has {bytes} bytes; at most {FormatLimits.SafetensorsHeaderBytesMax} are allowed.");
        }

        if (bytes > (ulong)(file.Bytes - LengthBytes))
        {
            return failure.Malformed($"The header has {bytes} bytes, the file {file.Bytes}.");
        }

        header = new byte[bytes];
        if (!file.TryFill(LengthBytes, header))
        {
            return failure.Fail(FormatErrors.Unreadable, "The file ended within its header.");
        }

        return header is [(byte)'{', ..] && Utf8.IsValid(header)
            ? true
            : failure.Malformed("The header is no JSON object in UTF-8.");
    }

    private static bool TryTensors(byte[] header, List<WeightTensor> tensors, FormatFailure failure)
    {
        JsonCursor cursor = new(header);
        HashSet<string> names = new(StringComparer.Ordinal);
        bool read = cursor.TryObject();
        while (read && cursor.TryField(out string name))
        {
            if (!names.Add(name))
            {
                return failure.Malformed($"The header names '{name}' twice.");
            }

            if (name == MetadataName)
            {
                read = TryMetadata(ref cursor);
                continue;
            }

            read = TryTensor(ref cursor, name, failure, out WeightTensor? tensor);
            if (tensor is not null)
            {
                tensors.Add(tensor);
            }

            if (tensors.Count > FormatLimits.TensorsMax)
            {
                return failure.Fail(
                    FormatErrors.Limit, $"There are more than {FormatLimits.TensorsMax} tensors.");
            }
        }

        if (!read || !cursor.TryEnd())
        {
            return failure.Malformed(
                $"The header is not of the format's shape: {cursor.Failure ?? "text follows it"}.");
        }

        return tensors.Count > 0 || failure.Malformed("The file holds no tensors.");
    }

    /// <summary>Free texts under free names; anything else is not allowed there.</summary>
    private static bool TryMetadata(ref JsonCursor cursor)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        bool read = cursor.TryObject();
        while (read && cursor.TryField(out string key))
        {
            read = cursor.TryText(FormatLimits.SafetensorsTextCharsMax, out _)
                && (keys.Add(key) || cursor.Fail($"the metadata names '{key}' twice"))
                && (keys.Count <= FormatLimits.MetadataMax || cursor.Fail("there are too many metadata entries"));
        }

        return cursor.Failure is null;
    }

    private static bool TryTensor(
        ref JsonCursor cursor, string name, FormatFailure failure, out WeightTensor? tensor)
    {
        tensor = null;
        string type = "";
        ImmutableArray<long> shape = default;
        ImmutableArray<long> offsets = default;
        bool read = cursor.TryObject();
        while (read && cursor.TryField(out string field))
        {
            read = field switch
            {
                "dtype" when type.Length == 0 => cursor.TryText(ContentLimits.FieldCharsMax, out type),
                "shape" when shape.IsDefault => JsonLists.TryNumbers(ref cursor, FormatLimits.RankMax, out shape),
                "data_offsets" when offsets.IsDefault => JsonLists.TryNumbers(ref cursor, countMax: 2, out offsets),
                _ => cursor.Fail($"a tensor has the field '{field}' twice, or one that the format does not have"),
            };
        }

        if (cursor.Failure is not null)
        {
            return false;
        }

        if (type.Length == 0 || shape.IsDefault || offsets.IsDefault || offsets.Length != 2
            || name.Length == 0 || name.Any(char.IsControl))
        {
            return failure.Malformed($"Tensor '{name}' has no printable name, type, shape or pair of offsets.");
        }

        return TryMake(new Declared(name, type, shape, offsets[0], offsets[1]), failure, out tensor);
    }

    private static bool TryMake(Declared declared, FormatFailure failure, out WeightTensor? tensor)
    {
        tensor = null;
        if (SafetensorsTypes.Of(declared.Type) is not { } type)
        {
            return failure.Fail(
                FormatErrors.Version, $"Tensor '{declared.Name}' has the unknown element type '{declared.Type}'.");
        }

        long elements = 1;
        foreach (long extent in declared.Shape)
        {
            if (extent < 0 || extent > FormatLimits.ElementsMax
                || (extent != 0 && elements > FormatLimits.ElementsMax / extent))
            {
                return failure.Fail(
                    FormatErrors.Limit,
                    $"Tensor '{declared.Name}' has a negative extent or above {FormatLimits.ElementsMax} elements.");
            }

            elements *= extent;
        }

        long bits = elements * type.Bits;
        if (declared.Begin < 0 || declared.End < declared.Begin || declared.End > FormatLimits.ElementsMax * 8
            || bits % 8 != 0 || declared.End - declared.Begin != bits / 8)
        {
            return failure.Fail(
                FormatErrors.TensorPlace,
                $"Tensor '{declared.Name}' has {elements} elements of {type.Bits} bits, but the offsets "
                + $"{declared.Begin} and {declared.End}.");
        }

        tensor = new WeightTensor
        {
            Name = declared.Name,
            Precision = type.Precision,
            Element = type.Element,
            Elements = elements,
            Offset = declared.Begin,
            Bytes = bits / 8,
        };
        return true;
    }

    private static bool TryPlaces(
        ImmutableArray<WeightTensor> tensors, long data, long fileBytes, FormatFailure failure)
    {
        long end = data;
        foreach (WeightTensor tensor in tensors)
        {
            if (tensor.Offset != end)
            {
                return failure.Fail(
                    FormatErrors.TensorPlace,
                    $"Tensor '{tensor.Name}' begins at byte {tensor.Offset}, the one before it ends at {end}.");
            }

            end += tensor.Bytes;
        }

        return end == fileBytes || failure.Fail(
            FormatErrors.TensorPlace, $"The tensors end at byte {end}, the file at {fileBytes}.");
    }

    private sealed record Declared(string Name, string Type, ImmutableArray<long> Shape, long Begin, long End);
}
