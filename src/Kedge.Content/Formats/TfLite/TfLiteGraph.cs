using System.Collections.Immutable;

namespace Kedge.Content.Formats.TfLite;

/// <summary>
/// The walk through one subgraph: its tensors, then its inputs, outputs and operators, which name them.
/// </summary>
internal sealed class TfLiteGraph(
    FlatFile flat, FormatFailure failure, IReadOnlyList<int> operators, TfLiteBuffers buffers)
{
    private const int TensorSlots = 10;
    private readonly List<TfLiteTensor> _tensors = [];
    private readonly List<int> _calls = [];

    /// <summary>How many tensors there are.</summary>
    public long TensorCount => _tensors.Count;

    /// <summary>How many operators there are.</summary>
    public int OperatorCount { get; private set; }

    /// <summary>Subgraphs that operators of this one call.</summary>
    public IReadOnlyList<int> Calls => _calls;

    /// <summary>What goes in; empty but for the model's own graph.</summary>
    public ImmutableArray<TfLiteValue> Inputs { get; private set; } = [];

    /// <summary>What comes out; empty but for the model's own graph.</summary>
    public ImmutableArray<TfLiteValue> Outputs { get; private set; } = [];

    public bool TryWalk(FlatTable graph, bool isMain)
    {
        if (!TryTensors(graph)
            || !TryIndices(graph, 1, indexMin: 0, out FlatVector inputs)
            || !TryIndices(graph, 2, indexMin: 0, out FlatVector outputs)
            || !flat.TryText(graph, 4, out _)
            || !TryOperators(graph))
        {
            return false;
        }

        if (isMain)
        {
            Inputs = Values(inputs);
            Outputs = Values(outputs);
        }

        return true;
    }

    private bool TryTensors(FlatTable graph)
    {
        if (!flat.TryVector(graph, 0, sizeof(uint), out FlatVector tensors))
        {
            return false;
        }

        if (tensors.Count > FormatLimits.TensorsMax)
        {
            return failure.Fail(FormatErrors.Limit, $"There are more than {FormatLimits.TensorsMax} tensors.");
        }

        for (long index = 0; index < tensors.Count; index++)
        {
            if (!flat.TryTable(tensors, index, out FlatTable tensor) || !TryTensor(tensor))
            {
                return flat.Broken("a tensor");
            }
        }

        return true;
    }

    private bool TryTensor(FlatTable table)
    {
        if (!flat.TryClosed(table, TensorSlots, "a tensor")
            || !flat.TryText(table, 3, out string name)
            || !flat.TryNumber(table, 1, 1, out ulong number)
            || !flat.TryNumber(table, 2, sizeof(uint), out ulong buffer)
            || !flat.TryHas(table, 6, out bool isSparse)
            || !flat.TryHas(table, 9, out bool hasVariants))
        {
            return false;
        }

        if (TfLiteTypes.Of(number) is not { } type || number == TfLiteTypes.Variant || isSparse || hasVariants)
        {
            return failure.Fail(
                FormatErrors.Version,
                $"Tensor '{name}' is sparse, a variant, or of an element type that is not known ({number}).");
        }

        if (buffer >= (ulong)buffers.Count)
        {
            return failure.Malformed($"Tensor '{name}' names buffer {buffer} of {buffers.Count}.");
        }

        if (!TryShape(table, name, out FlatVector shape, out FlatVector signature, out long elements)
            || !TryQuantization(table, name, shape))
        {
            return false;
        }

        _tensors.Add(new TfLiteTensor(name, type, shape, signature));
        return buffers.TryUse((int)buffer, Constant(name, type, elements), type);
    }

    private static WeightTensor Constant(string name, TfLiteType type, long elements) => new()
    {
        Name = name,
        Precision = type.Precision,
        Element = type.Element,
        Elements = elements,
        Offset = 0,
        Bytes = 0,
    };

    private bool TryShape(
        FlatTable table, string name, out FlatVector shape, out FlatVector signature, out long elements)
    {
        (signature, elements) = (default, 1);
        if (!flat.TryVector(table, 0, sizeof(int), out shape)
            || !flat.TryVector(table, 7, sizeof(int), out signature))
        {
            return false;
        }

        if (shape.Count > FormatLimits.RankMax || (signature.Count != 0 && signature.Count != shape.Count))
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"Tensor '{name}' has more than {FormatLimits.RankMax} axes, or a signature of another number.");
        }

        for (long axis = 0; axis < shape.Count; axis++)
        {
            int open = 0;
            if (!flat.TryInt32(shape, axis, out int extent)
                || extent < 0
                || (signature.Count > 0 && (!flat.TryInt32(signature, axis, out open) || open < -1)))
            {
                return failure.Malformed($"Tensor '{name}' has a negative extent.");
            }

            if (extent != 0 && elements > FormatLimits.ElementsMax / extent)
            {
                return failure.Fail(
                    FormatErrors.Limit, $"Tensor '{name}' claims more than {FormatLimits.ElementsMax} elements.");
            }

            elements *= extent;
        }

        return true;
    }

    /// <summary>One scale for the tensor, or one for each slice along an axis (QuantizationParameters).</summary>
    private bool TryQuantization(FlatTable tensor, string name, FlatVector shape)
    {
        if (!flat.TryTable(tensor, 4, out FlatTable? found))
        {
            return false;
        }

        if (found is not { } quantization)
        {
            return true;
        }

        if (!flat.TryVector(quantization, 0, sizeof(float), out _)
            || !flat.TryVector(quantization, 1, sizeof(float), out _)
            || !flat.TryVector(quantization, 2, sizeof(float), out FlatVector scales)
            || !flat.TryVector(quantization, 3, sizeof(long), out FlatVector zeros)
            || !flat.TryNumber(quantization, 4, 1, out ulong details)
            || !flat.TryInt32(quantization, 6, absent: 0, out int axis))
        {
            return false;
        }

        if (details != 0)
        {
            return failure.Fail(FormatErrors.Version, $"Tensor '{name}' is quantised in a way that is not known.");
        }

        int extent = 1;
        bool fits = scales.Count <= 1
            || ((uint)axis < (ulong)shape.Count
                && flat.TryInt32(shape, axis, out extent) && extent == scales.Count);
        return (fits && (zeros.Count == 0 || zeros.Count == scales.Count))
            || failure.Malformed($"Tensor '{name}' has {scales.Count} scales along axis {axis}.");
    }

    /// <summary>A vector of indices of tensors; -1 stands for a tensor that was left out.</summary>
    private bool TryIndices(FlatTable table, int slot, int indexMin, out FlatVector indices)
    {
        if (!flat.TryVector(table, slot, sizeof(int), out indices))
        {
            return false;
        }

        for (long at = 0; at < indices.Count; at++)
        {
            if (!flat.TryInt32(indices, at, out int index) || index < indexMin || index >= _tensors.Count)
            {
                return failure.Malformed($"A tensor with the index {index} is named; there are {_tensors.Count}.");
            }
        }

        return true;
    }

    private bool TryOperators(FlatTable graph)
    {
        if (!flat.TryVector(graph, 3, sizeof(uint), out FlatVector found))
        {
            return false;
        }

        if (found.Count > FormatLimits.OperatorsMax)
        {
            return failure.Fail(FormatErrors.Limit, $"There are more than {FormatLimits.OperatorsMax} operators.");
        }

        OperatorCount = (int)found.Count;
        for (long index = 0; index < found.Count; index++)
        {
            if (!flat.TryTable(found, index, out FlatTable one) || !TryOperator(one))
            {
                return flat.Broken("an operator");
            }
        }

        return true;
    }

    private bool TryOperator(FlatTable table)
    {
        if (!flat.TryNumber(table, 0, sizeof(uint), out ulong code)
            || !TryIndices(table, 1, indexMin: -1, out _)
            || !TryIndices(table, 2, indexMin: -1, out _)
            || !TryIndices(table, 8, indexMin: -1, out _)
            || !flat.TryVector(table, 5, elementBytes: 1, out _)
            || !flat.TryVector(table, 7, elementBytes: 1, out _)
            || !flat.TryTable(table, 4, out FlatTable? options)
            || !flat.TryTable(table, 12, out _)
            || !flat.TryNumber(table, 9, sizeof(ulong), out ulong offset)
            || !flat.TryNumber(table, 10, sizeof(ulong), out ulong bytes)
            || !buffers.TryOptions(offset, bytes))
        {
            return false;
        }

        return code < (ulong)operators.Count
            ? TryOptions(operators[(int)code], options)
            : failure.Malformed($"An operator has the code {code} of {operators.Count}.");
    }

    /// <summary>Options are flat numbers but for those that name subgraphs or point to vectors and texts.</summary>
    private bool TryOptions(int code, FlatTable? found)
    {
        int subgraphs = TfLiteOperators.SubgraphSlots(code);
        if (found is not { } options)
        {
            return subgraphs == 0;
        }

        for (int slot = 0; slot < subgraphs; slot++)
        {
            if (!flat.TryInt32(options, slot, absent: 0, out int called))
            {
                return false;
            }

            _calls.Add(called);
        }

        if (TfLiteOperators.VectorSlots(code) is var (first, last))
        {
            for (int slot = first; slot <= last; slot++)
            {
                if (!flat.TryVector(options, slot, sizeof(int), out _))
                {
                    return false;
                }
            }
        }

        return code != TfLiteOperators.VarHandle
            || (flat.TryText(options, 0, out _) && flat.TryText(options, 1, out _));
    }

    private ImmutableArray<TfLiteValue> Values(FlatVector indices)
    {
        ImmutableArray<TfLiteValue>.Builder values = ImmutableArray.CreateBuilder<TfLiteValue>();
        for (long at = 0; at < indices.Count && flat.TryInt32(indices, at, out int index); at++)
        {
            TfLiteTensor tensor = _tensors[index];
            FlatVector shape = tensor.Signature.Count > 0 ? tensor.Signature : tensor.Shape;
            ImmutableArray<long>.Builder extents = ImmutableArray.CreateBuilder<long>((int)shape.Count);
            for (long axis = 0; axis < shape.Count && flat.TryInt32(shape, axis, out int extent); axis++)
            {
                extents.Add(extent);
            }

            values.Add(new TfLiteValue(tensor.Name, tensor.Type.Datatype, extents.ToImmutable()));
        }

        return values.ToImmutable();
    }

    private readonly record struct TfLiteTensor(string Name, TfLiteType Type, FlatVector Shape, FlatVector Signature);
}
