using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>Walks <c>GraphProto</c>, <c>NodeProto</c> and <c>AttributeProto</c>, which contain one another.</summary>
internal static class GraphWalk
{
    /// <summary>
    /// Walks a graph; <paramref name="found"/> is null for subgraphs, of which only the counts matter.
    /// </summary>
    public static bool TryGraph(ref ProtoReader reader, WalkState state, int depth, GraphFound? found)
    {
        if (depth > OnnxLimits.GraphDepthMax)
        {
            return state.Fail(OnnxErrors.Limit, $"Graphs are nested more than {OnnxLimits.GraphDepthMax} deep.");
        }

        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a graph");
            }

            if (wire != WireType.Bytes || field is not (1 or 2 or 5 or 11 or 12 or 15))
            {
                if (!reader.TrySkip(wire))
                {
                    return state.Malformed("a graph");
                }

                continue;
            }

            if (field == 2)
            {
                if (!state.TryName(ref reader, "the graph's name", out string name))
                {
                    return false;
                }

                found?.Name = name;
                continue;
            }

            if (!reader.TryMessage(out ProtoReader inner))
            {
                return state.Malformed("a graph");
            }

            if (!TryPart(ref inner, state, depth, field, found))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryPart(ref ProtoReader reader, WalkState state, int depth, int field, GraphFound? found) =>
        field switch
        {
            1 => TryNode(ref reader, state, depth),
            5 => TryInitializer(ref reader, state, found),
            15 => state.CountInitializer() && TensorWalk.TrySparse(ref reader, state),
            11 => TryValue(ref reader, state, found?.Inputs),
            _ => TryValue(ref reader, state, found?.Outputs),
        };

    private static bool TryInitializer(ref ProtoReader reader, WalkState state, GraphFound? found)
    {
        if (!state.CountInitializer() || !TensorWalk.TryTensor(ref reader, state, out OnnxInitializer? tensor))
        {
            return false;
        }

        if (found is null)
        {
            state.KeepConstant(tensor);
        }
        else if (tensor is not null)
        {
            found.Initializers.Add(tensor);
        }

        return true;
    }

    private static bool TryConstant(ref ProtoReader reader, WalkState state)
    {
        bool read = TensorWalk.TryTensor(ref reader, state, out OnnxInitializer? tensor);
        state.KeepConstant(tensor);
        return read;
    }

    private static bool TryValue(
        ref ProtoReader reader, WalkState state, ImmutableArray<OnnxValue>.Builder? values)
    {
        if (!TypeWalk.TryValue(ref reader, state, out OnnxValue? value))
        {
            return false;
        }

        if (values is null || value is null)
        {
            return true;
        }

        values.Add(value);
        return values.Count <= OnnxLimits.ValuesMax
            || state.Fail(OnnxErrors.Limit, $"The graph has more than {OnnxLimits.ValuesMax} inputs or outputs.");
    }

    /// <summary>Walks a node: names and domain, then each attribute for the graphs and tensors within.</summary>
    public static bool TryNode(ref ProtoReader reader, WalkState state, int depth)
    {
        string opType = "";
        string domain = "";
        int values = 0;
        int attributes = 0;
        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("a node");
            }

            bool read = (field, wire) switch
            {
                (1 or 2, WireType.Bytes) => ++values <= OnnxLimits.ValuesMax && TryShortText(ref reader),
                (3, WireType.Bytes) => TryShortText(ref reader),
                (4, WireType.Bytes) => state.TryName(ref reader, "an operator's name", out opType),
                (5, WireType.Bytes) =>
                    ++attributes <= OnnxLimits.AttributesMax && TryAttribute(ref reader, state, depth),
                (7, WireType.Bytes) => state.TryName(ref reader, "an operator's domain", out domain),
                _ => reader.TrySkip(wire),
            };
            if (!read)
            {
                return state.Failure is not null ? false : TooMuch(state, values, attributes);
            }
        }

        if (opType.Length == 0)
        {
            return state.Fail(OnnxErrors.Malformed, "A node names no operator.");
        }

        return state.CountNode(domain, opType);
    }

    private static bool TooMuch(WalkState state, int values, int attributes) =>
        values > OnnxLimits.ValuesMax || attributes > OnnxLimits.AttributesMax
            ? state.Fail(
                OnnxErrors.Limit,
                $"A node has more than {OnnxLimits.ValuesMax} values or {OnnxLimits.AttributesMax} attributes.")
            : state.Malformed("a node, or one of its names is too long");

    private static bool TryShortText(ref ProtoReader reader) =>
        reader.TryBytes(out ReadOnlySpan<byte> utf8, out _) && utf8.Length <= OnnxLimits.NameBytesMax;

    private static bool TryAttribute(ref ProtoReader reader, WalkState state, int depth)
    {
        if (!reader.TryMessage(out ProtoReader attribute))
        {
            return state.Malformed("an attribute");
        }

        while (!attribute.AtEnd)
        {
            if (!attribute.TryField(out int field, out WireType wire))
            {
                return state.Malformed("an attribute");
            }

            if (wire != WireType.Bytes || field is not (5 or 6 or 10 or 11 or 22 or 23))
            {
                if (!attribute.TrySkip(wire))
                {
                    return state.Malformed("an attribute");
                }

                continue;
            }

            if (!attribute.TryMessage(out ProtoReader inner))
            {
                return state.Malformed("an attribute");
            }

            bool read = field switch
            {
                5 or 10 => TryConstant(ref inner, state),
                6 or 11 => TryGraph(ref inner, state, depth + 1, found: null),
                _ => TensorWalk.TrySparse(ref inner, state),
            };
            if (!read)
            {
                return false;
            }
        }

        return true;
    }
}
