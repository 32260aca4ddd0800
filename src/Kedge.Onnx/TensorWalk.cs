using System.Collections.Immutable;
using System.Globalization;

namespace Kedge.Onnx;

/// <summary>
/// Walks <c>TensorProto</c> and <c>SparseTensorProto</c>: sizes are checked against shapes, data stays put.
/// </summary>
internal ref struct TensorWalk
{
    private ImmutableArray<long>.Builder _dims;
    private string _name;
    private long _typeNumber;
    private long _typedCount;
    private bool _hasRaw;
    private long _rawOffset;
    private long _rawBytes;
    private bool _isExternal;
    private ExternalFound _external;

    public static bool TryTensor(ref ProtoReader reader, WalkState state, out OnnxInitializer? tensor)
    {
        TensorWalk walk = new() { _dims = ImmutableArray.CreateBuilder<long>(0), _name = "", _rawOffset = -1 };
        tensor = null;
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a tensor");
            }

            if (!walk.TryPart(ref reader, state, field, wire))
            {
                return state.Failure is not null ? false : state.Malformed("a tensor");
            }
        }

        return walk.TryFinish(state, out tensor);
    }

    /// <summary>A sparse tensor is a tensor of values (field 1) and one of indices (field 2).</summary>
    public static bool TrySparse(ref ProtoReader reader, WalkState state)
    {
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a sparse tensor");
            }

            if (field is 1 or 2 && wire == WireType.Bytes)
            {
                if (!reader.TryMessage(out ProtoReader inner))
                {
                    return state.Malformed("a sparse tensor");
                }

                if (!TryTensor(ref inner, state, out _))
                {
                    return false;
                }
            }
            else if (!reader.TrySkip(wire))
            {
                return state.Malformed("a sparse tensor");
            }
        }

        return true;
    }

    private bool TryPart(ref ProtoReader reader, WalkState state, int field, WireType wire) => (field, wire) switch
    {
        (1, WireType.Varint) => TryDim(ref reader, state),
        (1, WireType.Bytes) => TryPackedDims(ref reader, state),
        (2, WireType.Varint) => TryNumber(ref reader, out _typeNumber),
        (4 or 10, WireType.Bytes) => TryFixed(ref reader, field == 4 ? 4 : 8),
        (4, WireType.Fixed32) or (10, WireType.Fixed64) => TryOne(ref reader, wire),
        (5 or 7 or 11, WireType.Bytes) => TryPackedVarints(ref reader),
        (5 or 7 or 11, WireType.Varint) or (6, WireType.Bytes) => TryOne(ref reader, wire),
        (8, WireType.Bytes) => state.TryName(ref reader, "a tensor's name", out _name),
        (9, WireType.Bytes) => TryRaw(ref reader),
        (13, WireType.Bytes) => TryExternal(ref reader, state),
        (14, WireType.Varint) => TryLocation(ref reader),
        _ => reader.TrySkip(wire),
    };

    private readonly bool TryDim(ref ProtoReader reader, WalkState state)
    {
        if (!TryNumber(ref reader, out long dim) || dim < 0)
        {
            return state.Malformed("a tensor's shape");
        }

        if (_dims.Count == OnnxLimits.RankMax)
        {
            return state.Fail(OnnxErrors.Limit, $"A tensor has more than {OnnxLimits.RankMax} axes.");
        }

        _dims.Add(dim);
        return true;
    }

    private readonly bool TryPackedDims(ref ProtoReader reader, WalkState state)
    {
        if (!reader.TryMessage(out ProtoReader packed))
        {
            return false;
        }

        while (!packed.AtEnd)
        {
            if (!TryDim(ref packed, state))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryNumber(ref ProtoReader reader, out long number)
    {
        bool read = reader.TryVarint(out ulong value);
        number = (long)value;
        return read;
    }

    private bool TryFixed(ref ProtoReader reader, int elementBytes)
    {
        if (!reader.TryBytes(out ReadOnlySpan<byte> packed, out _) || packed.Length % elementBytes != 0)
        {
            return false;
        }

        _typedCount += packed.Length / elementBytes;
        return true;
    }

    private bool TryPackedVarints(ref ProtoReader reader)
    {
        if (!reader.TryMessage(out ProtoReader packed))
        {
            return false;
        }

        while (!packed.AtEnd)
        {
            if (!packed.TryVarint(out _))
            {
                return false;
            }

            _typedCount++;
        }

        return true;
    }

    private bool TryOne(ref ProtoReader reader, WireType wire)
    {
        _typedCount++;
        return reader.TrySkip(wire);
    }

    private bool TryRaw(ref ProtoReader reader)
    {
        bool read = reader.TryBytes(out ReadOnlySpan<byte> raw, out _rawOffset);
        _hasRaw = true;
        _rawBytes = raw.Length;
        return read;
    }

    /// <summary>
    /// Data lies outside when the tensor says so, or when it only names a place: both are treated alike.
    /// </summary>
    private bool TryExternal(ref ProtoReader reader, WalkState state)
    {
        _isExternal = true;
        if (!reader.TryMessage(out ProtoReader entry))
        {
            return false;
        }

        string key = "";
        string value = "";
        while (!entry.AtEnd)
        {
            if (!entry.TryField(out int field, out WireType wire))
            {
                return false;
            }

            bool read = (field, wire) switch
            {
                (1, WireType.Bytes) => state.TryName(ref entry, "an external-data key", out key),
                (2, WireType.Bytes) => state.TryName(ref entry, "an external-data value", out value),
                _ => entry.TrySkip(wire),
            };
            if (!read)
            {
                return false;
            }
        }

        return _external.TryAdd(key, value) || state.Fail(
            OnnxErrors.External, $"Tensor '{_name}' has the external-data entry '{key}' twice, or not as it must be.");
    }

    private bool TryLocation(ref ProtoReader reader)
    {
        bool read = reader.TryVarint(out ulong location);
        _isExternal |= location != 0;
        return read;
    }

    private readonly bool TryFinish(WalkState state, out OnnxInitializer? tensor)
    {
        tensor = null;
        OnnxElementType type = OnnxElementTypes.FromNumber(_typeNumber);
        if (type == OnnxElementType.Unknown)
        {
            return state.Fail(OnnxErrors.Malformed, $"Tensor '{_name}' has the unknown element type {_typeNumber}.");
        }

        if (!TryElements(out long elements))
        {
            return state.Fail(
                OnnxErrors.Limit, $"Tensor '{_name}' claims more than {OnnxLimits.ElementsMax} elements.");
        }

        int bits = OnnxElementTypes.Bits(type);
        long bytes = ((elements * bits) + 7) / 8;
        OnnxExternalTensor? external = null;
        if (_isExternal)
        {
            if (!TryOutside(state, type, bytes, out external))
            {
                return false;
            }
        }
        else if (!Agrees(type, elements, bytes))
        {
            return state.Fail(
                OnnxErrors.TensorSize, $"Tensor '{_name}' has a shape of {elements} elements, but other data.");
        }

        state.TensorBytes += _isExternal ? 0 : bytes;
        tensor = new OnnxInitializer
        {
            Name = _name,
            ElementType = type,
            Dims = _dims.ToImmutable(),
            RawOffset = _isExternal || !_hasRaw ? -1 : _rawOffset,
            Bytes = _isExternal ? 0 : bytes,
            IsExternal = _isExternal,
            External = external,
        };
        return true;
    }

    /// <summary>
    /// Data that lies outside lies there alone, has a fixed width, and is as long as the shape asks for.
    /// </summary>
    private readonly bool TryOutside(
        WalkState state, OnnxElementType type, long bytes, out OnnxExternalTensor? external)
    {
        external = new OnnxExternalTensor(_name, type, _external.Location ?? "", _external.Offset, bytes);
        if (_hasRaw || _typedCount > 0 || type == OnnxElementType.String)
        {
            return state.Fail(
                OnnxErrors.External, $"Tensor '{_name}' holds texts, or has data both here and in another file.");
        }

        return _external.Bytes is { } written && written != bytes
            ? state.Fail(
                OnnxErrors.TensorSize, $"Tensor '{_name}' asks for {bytes} bytes; {written} lie in the other file.")
            : state.AddExternal(external);
    }

    private readonly bool TryElements(out long elements)
    {
        elements = 1;
        foreach (long dim in _dims)
        {
            if (dim != 0 && elements > OnnxLimits.ElementsMax / dim)
            {
                return false;
            }

            elements *= dim;
        }

        return true;
    }

    /// <summary>Raw bytes must be as many as the shape asks for; numbers written one by one are counted, and where
    /// elements are smaller than a byte, one number holds as many as fit in a byte (onnx.proto3,
    /// TensorProto).</summary>
    private readonly bool Agrees(OnnxElementType type, long elements, long bytes)
    {
        if (_hasRaw)
        {
            return type != OnnxElementType.String && _typedCount == 0 && _rawBytes == bytes;
        }

        bool isComplex = type is OnnxElementType.Complex64 or OnnxElementType.Complex128;
        bool isSmall = OnnxElementTypes.Bits(type) is 2 or 4;
        return _typedCount == (isComplex ? elements * 2 : isSmall ? bytes : elements);
    }
}

/// <summary>
/// The entries of <c>external_data</c> met so far: each once, and only those that say where bytes are.
/// </summary>
internal struct ExternalFound
{
    private bool _hasOffset;
    private bool _hasChecksum;

    public string? Location { get; private set; }

    public long Offset { get; private set; }

    /// <summary>The length as written; null when it is not.</summary>
    public long? Bytes { get; private set; }

    /// <summary>
    /// Takes one entry. The checksum is optional and of SHA-1: the package's own digests say more, so it is passed.
    /// </summary>
    public bool TryAdd(string key, string value)
    {
        switch (key)
        {
            case "location" when Location is null:
                Location = value;
                return true;
            case "offset" when !_hasOffset && TryNumber(value, out long offset):
                (Offset, _hasOffset) = (offset, true);
                return true;
            case "length" when Bytes is null && TryNumber(value, out long bytes):
                Bytes = bytes;
                return true;
            case "checksum" when !_hasChecksum:
                _hasChecksum = true;
                return true;
            default:
                return false;
        }
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
