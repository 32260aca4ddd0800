using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>Walks <c>ValueInfoProto</c> and <c>TypeProto</c>.</summary>
internal static class TypeWalk
{
    private const int ValueName = 1;
    private const int ValueType = 2;
    private const int TypeTensor = 1;
    private const int TypeSequence = 4;
    private const int TypeMap = 5;
    private const int TypeOpaque = 7;
    private const int TypeSparseTensor = 8;
    private const int TypeOptional = 9;

    public static bool TryValue(ref ProtoReader reader, WalkState state, out OnnxValue? value)
    {
        value = null;
        string name = "";
        TypeFound found = new(OnnxValueKind.Unknown, OnnxElementType.Unknown, default);
        bool typed = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("an input or output");
            }

            bool read = (field, wire) switch
            {
                (ValueName, WireType.Bytes) => state.TryName(ref reader, "the name of an input or output", out name),
                (ValueType, WireType.Bytes) when typed => state.Malformed("the type of an input or output"),
                (ValueType, WireType.Bytes) => typed = TryInner(ref reader, state, out found),
                _ => reader.TrySkip(wire) || state.Malformed("an input or output"),
            };
            if (!read)
            {
                return false;
            }
        }

        value = new OnnxValue { Name = name, Kind = found.Kind, ElementType = found.Element, Shape = found.Shape };
        return true;
    }

    private static bool TryInner(ref ProtoReader reader, WalkState state, out TypeFound found)
    {
        found = new TypeFound(OnnxValueKind.Unknown, OnnxElementType.Unknown, default);
        if (!reader.TryMessage(out ProtoReader type))
        {
            return state.Malformed("a type");
        }

        return TryType(ref type, state, depth: 1, out found);
    }

    /// <summary>A type is a choice of one; two in one message would be read differently by different readers.</summary>
    private static bool TryType(ref ProtoReader reader, WalkState state, int depth, out TypeFound found)
    {
        found = new TypeFound(OnnxValueKind.Unknown, OnnxElementType.Unknown, default);
        if (depth > OnnxLimits.TypeDepthMax)
        {
            return state.Fail(OnnxErrors.Limit, $"Types are nested more than {OnnxLimits.TypeDepthMax} deep.");
        }

        bool chosen = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a type");
            }

            OnnxValueKind kind = wire == WireType.Bytes ? KindOf(field) : OnnxValueKind.Unknown;
            if (kind == OnnxValueKind.Unknown)
            {
                if (!reader.TrySkip(wire))
                {
                    return state.Malformed("a type");
                }

                continue;
            }

            if (chosen || !reader.TryMessage(out ProtoReader inner))
            {
                return state.Malformed("a type");
            }

            chosen = true;
            found = found with { Kind = kind };
            if (!TryChoice(ref inner, state, depth, ref found))
            {
                return false;
            }
        }

        return true;
    }

    private static OnnxValueKind KindOf(int field) => field switch
    {
        TypeTensor => OnnxValueKind.Tensor,
        TypeSequence => OnnxValueKind.Sequence,
        TypeMap => OnnxValueKind.Map,
        TypeOptional => OnnxValueKind.Optional,
        TypeSparseTensor => OnnxValueKind.SparseTensor,
        TypeOpaque => OnnxValueKind.Opaque,
        _ => OnnxValueKind.Unknown,
    };

    private static bool TryChoice(ref ProtoReader reader, WalkState state, int depth, ref TypeFound found) =>
        found.Kind switch
        {
            OnnxValueKind.Tensor or OnnxValueKind.SparseTensor => TryTensor(ref reader, state, ref found),
            OnnxValueKind.Sequence or OnnxValueKind.Optional => TryNested(ref reader, state, depth, elementField: 1),
            OnnxValueKind.Map => TryNested(ref reader, state, depth, elementField: 2),
            OnnxValueKind.Opaque or OnnxValueKind.Unknown => true,
        };

    private static bool TryNested(ref ProtoReader reader, WalkState state, int depth, int elementField)
    {
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a type");
            }

            if (field == elementField && wire == WireType.Bytes)
            {
                if (!reader.TryMessage(out ProtoReader inner))
                {
                    return state.Malformed("a type");
                }

                if (!TryType(ref inner, state, depth + 1, out _))
                {
                    return false;
                }
            }
            else if (!reader.TrySkip(wire))
            {
                return state.Malformed("a type");
            }
        }

        return true;
    }

    private static bool TryTensor(ref ProtoReader reader, WalkState state, ref TypeFound found)
    {
        bool shaped = false;
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a tensor's type");
            }

            switch (field, wire)
            {
                case (1, WireType.Varint):
                    if (!reader.TryVarint(out ulong element))
                    {
                        return state.Malformed("a tensor's type");
                    }

                    found = found with { Element = OnnxElementTypes.FromNumber((long)element) };
                    break;
                case (2, WireType.Bytes):
                    if (shaped || !reader.TryMessage(out ProtoReader shape))
                    {
                        return state.Malformed("a tensor's shape");
                    }

                    shaped = true;
                    if (!TryShape(ref shape, state, ref found))
                    {
                        return false;
                    }

                    break;
                default:
                    if (!reader.TrySkip(wire))
                    {
                        return state.Malformed("a tensor's type");
                    }

                    break;
            }
        }

        return true;
    }

    private static bool TryShape(ref ProtoReader reader, WalkState state, ref TypeFound found)
    {
        ImmutableArray<OnnxDimension>.Builder dimensions = ImmutableArray.CreateBuilder<OnnxDimension>(0);
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a tensor's shape");
            }

            if (field != 1 || wire != WireType.Bytes)
            {
                if (!reader.TrySkip(wire))
                {
                    return state.Malformed("a tensor's shape");
                }

                continue;
            }

            if (!reader.TryMessage(out ProtoReader inner))
            {
                return state.Malformed("a tensor's shape");
            }

            if (dimensions.Count == OnnxLimits.RankMax)
            {
                return state.Fail(OnnxErrors.Limit, $"A shape has more than {OnnxLimits.RankMax} axes.");
            }

            if (!TryDimension(ref inner, state, out OnnxDimension dimension))
            {
                return false;
            }

            dimensions.Add(dimension);
        }

        found = found with { Shape = dimensions.DrainToImmutable() };
        return true;
    }

    /// <summary>A dimension is a number or a symbol; where both are written, protocol buffers keep the last.</summary>
    private static bool TryDimension(ref ProtoReader reader, WalkState state, out OnnxDimension dimension)
    {
        dimension = new OnnxDimension(-1, "");
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a dimension");
            }

            switch (field, wire)
            {
                case (1, WireType.Varint):
                    if (!reader.TryVarint(out ulong extent))
                    {
                        return state.Malformed("a dimension");
                    }

                    // Exporters write 0 or less for "any"; a fixed extent of 0 is kept as it stands.
                    dimension = new OnnxDimension(Math.Max(-1, (long)extent), "");
                    break;
                case (2, WireType.Bytes):
                    if (!state.TryName(ref reader, "a dimension's symbol", out string symbol))
                    {
                        return false;
                    }

                    dimension = new OnnxDimension(-1, symbol);
                    break;
                default:
                    if (!reader.TrySkip(wire))
                    {
                        return state.Malformed("a dimension");
                    }

                    break;
            }
        }

        return true;
    }

    private sealed record TypeFound(
        OnnxValueKind Kind, OnnxElementType Element, ImmutableArray<OnnxDimension> Shape);
}
