using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Onnx;

/// <summary>
/// Reads what an ONNX file claims to be before any runtime sees it (onnx.proto3, <c>ModelProto</c>).
/// A model file comes from anybody, and a runtime's own parser trusts it too early. This walk looks at every
/// length before it follows it, allocates in proportion to bytes that are there rather than to sizes that are
/// claimed, and bounds counts and depth. Fields that it does not know are skipped, as protocol buffers ask; where
/// readers could differ (a graph given twice), the file is refused. It deliberately does not check that the graph
/// makes sense: the runtime does, inside the sandbox.
/// </summary>
public static class OnnxReader
{
    /// <summary>Walks <paramref name="file"/>. Never throws, whatever the bytes.</summary>
    /// <param name="file">The whole file, at most <see cref="OnnxLimits.ModelBytesMax"/> bytes.</param>
    /// <param name="model">What was found; null when the answer is false.</param>
    /// <param name="finding">Why the file was refused; null when the answer is true.</param>
    public static bool TryRead(ReadOnlySpan<byte> file, out OnnxModel? model, out Finding? finding)
    {
        WalkState state = new();
        ModelFound found = new();
        ProtoReader reader = new(file, offset: 0);
        bool read = TryModel(ref reader, state, found) && TryComplete(state, found);
        finding = state.Failure;
        model = read ? Finish(state, found) : null;
        return read;
    }

    private static bool TryModel(ref ProtoReader reader, WalkState state, ModelFound found)
    {
        if (reader.AtEnd)
        {
            return state.Fail(OnnxErrors.NoGraph, "The file is empty.");
        }

        while (!reader.AtEnd)
        {
            if (!reader.TryField(out int field, out WireType wire))
            {
                return state.Malformed("the model");
            }

            bool read = (field, wire) switch
            {
                (1, WireType.Varint) => TryIrVersion(ref reader, found),
                (2, WireType.Bytes) => TryProducer(ref reader, state, found),
                (7, WireType.Bytes) => TryGraph(ref reader, state, found),
                (8, WireType.Bytes) => TryOpset(ref reader, state, found.Opsets),
                (25, WireType.Bytes) => TryFunction(ref reader, state, found),
                _ => reader.TrySkip(wire),
            };
            if (!read)
            {
                return state.Failure is not null ? false : state.Malformed("the model");
            }
        }

        return true;
    }

    private static bool TryIrVersion(ref ProtoReader reader, ModelFound found)
    {
        bool read = reader.TryVarint(out ulong version);
        found.IrVersion = (long)version;
        return read;
    }

    private static bool TryProducer(ref ProtoReader reader, WalkState state, ModelFound found)
    {
        bool read = state.TryName(ref reader, "the producer's name", out string producer);
        found.Producer = producer;
        return read;
    }

    private static bool TryGraph(ref ProtoReader reader, WalkState state, ModelFound found)
    {
        if (found.Graph is not null)
        {
            return state.Fail(OnnxErrors.Malformed, "The model has two graphs, which readers treat differently.");
        }

        found.Graph = new GraphFound();
        return reader.TryMessage(out ProtoReader graph) && GraphWalk.TryGraph(ref graph, state, depth: 1, found.Graph);
    }

    private static bool TryOpset(
        ref ProtoReader reader, WalkState state, ImmutableArray<OnnxOpset>.Builder opsets)
    {
        if (!reader.TryMessage(out ProtoReader opset))
        {
            return false;
        }

        string domain = "";
        ulong version = 0;
        while (!opset.AtEnd)
        {
            if (!opset.TryField(out int field, out WireType wire))
            {
                return false;
            }

            bool read = (field, wire) switch
            {
                (1, WireType.Bytes) => state.TryName(ref opset, "an operator set's domain", out domain),
                (2, WireType.Varint) => opset.TryVarint(out version),
                _ => opset.TrySkip(wire),
            };
            if (!read)
            {
                return false;
            }
        }

        opsets.Add(new OnnxOpset(domain == "ai.onnx" ? "" : domain, (long)version));
        return opsets.Count <= OnnxLimits.OpsetsMax
            || state.Fail(OnnxErrors.Limit, $"There are more than {OnnxLimits.OpsetsMax} operator sets.");
    }

    private static bool TryFunction(ref ProtoReader reader, WalkState state, ModelFound found)
    {
        if (!reader.TryMessage(out ProtoReader function))
        {
            return false;
        }

        string name = "";
        string domain = "";
        while (!function.AtEnd)
        {
            if (!function.TryField(out int field, out WireType wire))
            {
                return false;
            }

            bool read = (field, wire) switch
            {
                (1, WireType.Bytes) => state.TryName(ref function, "a function's name", out name),
                (7, WireType.Bytes) =>
                    function.TryMessage(out ProtoReader node) && GraphWalk.TryNode(ref node, state, depth: 1),
                (10, WireType.Bytes) => state.TryName(ref function, "a function's domain", out domain),
                _ => function.TrySkip(wire),
            };
            if (!read)
            {
                return false;
            }
        }

        found.Functions.Add(new OnnxFunctionName(domain, name));
        return found.Functions.Count <= OnnxLimits.FunctionsMax
            || state.Fail(OnnxErrors.Limit, $"There are more than {OnnxLimits.FunctionsMax} functions.");
    }

    private static bool TryComplete(WalkState state, ModelFound found)
    {
        if (found.IrVersion < 1 || found.Graph is null || found.Graph.Outputs.Count == 0)
        {
            return state.Fail(OnnxErrors.NoGraph, "The file has no IR version, no graph, or no graph outputs.");
        }

        if (found.Opsets.Count == 0 || found.Opsets.Any(static opset => opset.Version < 1))
        {
            return state.Fail(OnnxErrors.OpsetMissing, "The model imports no operator set, or one without a version.");
        }

        foreach (IGrouping<string, OnnxOpset> domain in found.Opsets.GroupBy(static opset => opset.Domain))
        {
            if (domain.Distinct().Count() > 1)
            {
                return state.Fail(
                    OnnxErrors.OpsetMissing, $"The domain '{domain.Key}' is imported in more than one version.");
            }
        }

        return true;
    }

    private static OnnxModel Finish(WalkState state, ModelFound found)
    {
        GraphFound graph = found.Graph ?? new GraphFound();
        return new OnnxModel
        {
            IrVersion = found.IrVersion,
            Producer = found.Producer,
            GraphName = graph.Name,
            Opsets = [.. found.Opsets.Distinct()],
            Inputs = graph.Inputs.DrainToImmutable(),
            Outputs = graph.Outputs.DrainToImmutable(),
            Initializers = graph.Initializers.DrainToImmutable(),
            Constants = state.Constants,
            Operators = state.Operators,
            Functions = found.Functions.DrainToImmutable(),
            ExternalLocations = state.ExternalLocations,
            ExternalTensors = state.ExternalTensors,
            NodeCount = state.NodeCount,
            TensorBytes = state.TensorBytes,
        };
    }

    /// <summary>What is gathered from the model message itself.</summary>
    private sealed class ModelFound
    {
        public long IrVersion { get; set; }

        public string Producer { get; set; } = "";

        public GraphFound? Graph { get; set; }

        public ImmutableArray<OnnxOpset>.Builder Opsets { get; } = ImmutableArray.CreateBuilder<OnnxOpset>(0);

        public ImmutableArray<OnnxFunctionName>.Builder Functions { get; } =
            ImmutableArray.CreateBuilder<OnnxFunctionName>(0);
    }
}
