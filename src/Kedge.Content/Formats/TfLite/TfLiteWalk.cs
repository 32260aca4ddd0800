
namespace Kedge.Content.Formats.TfLite;

/// <summary>The walk through the <c>Model</c> table: operators, buffers, subgraphs, then what leans on them.</summary>
internal sealed class TfLiteWalk(ModelFile file, FormatFailure failure)
{
    private const ulong SchemaVersion = 3;
    private const int ModelSlots = 8;
    private readonly FlatFile _flat = new(file, failure);
    private readonly List<int> _operators = [];
    private readonly List<TfLiteGraph> _graphs = [];

    public bool TryWalk(out TfLiteModel? model)
    {
        model = null;
        if (!TryHead(out FlatTable root, out string description))
        {
            return false;
        }

        TfLiteBuffers buffers = new(file, _flat, failure);
        if (!TryOperators(root) || !buffers.TryWalk(root) || !TryGraphs(root, buffers))
        {
            return false;
        }

        if (!TryMetadata(root, buffers) || !TrySignatures(root) || !TryCalls() || !buffers.TryPlaces())
        {
            return false;
        }

        model = new TfLiteModel
        {
            Description = description,
            Inputs = _graphs[0].Inputs,
            Outputs = _graphs[0].Outputs,
            Constants = buffers.Constants(),
            OperatorCount = _graphs.Sum(static graph => graph.OperatorCount),
            FileBytes = file.Bytes,
        };
        return true;
    }

    private bool TryHead(out FlatTable root, out string description)
    {
        description = "";
        if (!_flat.TryRoot(out root) || !_flat.TryNumber(root, 0, sizeof(uint), out ulong version))
        {
            return false;
        }

        if (version != SchemaVersion)
        {
            return failure.Fail(FormatErrors.Version, $"The schema's version is {version}; {SchemaVersion} is known.");
        }

        // What comes behind the parts that are known here names weights in other files, or something newer.
        return _flat.TryClosed(root, ModelSlots, "the model") && _flat.TryText(root, 3, out description);
    }

    private bool TryOperators(FlatTable root)
    {
        if (!_flat.TryVector(root, 1, sizeof(uint), out FlatVector codes))
        {
            return false;
        }

        for (long index = 0; index < codes.Count; index++)
        {
            if (!_flat.TryTable(codes, index, out FlatTable code)
                || !_flat.TryNumber(code, 0, 1, out ulong old)
                || !_flat.TryInt32(code, 3, absent: 0, out int number)
                || !_flat.TryText(code, 1, out string custom)
                || !TryOperator(Math.Max(number, (sbyte)old), custom))
            {
                return _flat.Broken("an operator code");
            }
        }

        return true;
    }

    private bool TryOperator(int code, string custom)
    {
        if (code is < 0 or > TfLiteOperators.Last or TfLiteOperators.Delegate or TfLiteOperators.Placeholder)
        {
            return failure.Fail(
                FormatErrors.Operator,
                $"The operator with number {code} is none that the runtime computes from a file.");
        }

        if (code == TfLiteOperators.Custom && !TfLiteOperators.IsAllowedCustom(custom))
        {
            return failure.Fail(FormatErrors.Operator, $"The custom operator '{custom}' is not on the allow-list.");
        }

        _operators.Add(code);
        return true;
    }

    private bool TryGraphs(FlatTable root, TfLiteBuffers buffers)
    {
        if (!_flat.TryVector(root, 2, sizeof(uint), out FlatVector graphs))
        {
            return false;
        }

        if (graphs.Count is 0 or > FormatLimits.SubgraphsMax)
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"There are {graphs.Count} subgraphs; 1 to {FormatLimits.SubgraphsMax} are allowed.");
        }

        long operators = 0;
        for (long index = 0; index < graphs.Count; index++)
        {
            TfLiteGraph graph = new(_flat, failure, _operators, buffers);
            if (!_flat.TryTable(graphs, index, out FlatTable table) || !graph.TryWalk(table, isMain: index == 0))
            {
                return _flat.Broken("a subgraph");
            }

            operators += graph.OperatorCount;
            if (operators > FormatLimits.OperatorsMax)
            {
                return failure.Fail(
                    FormatErrors.Limit, $"There are more than {FormatLimits.OperatorsMax} operators.");
            }

            _graphs.Add(graph);
        }

        return true;
    }

    private bool TryMetadata(FlatTable root, TfLiteBuffers buffers)
    {
        if (!_flat.TryVector(root, 5, sizeof(int), out FlatVector old)
            || !_flat.TryVector(root, 6, sizeof(uint), out FlatVector entries))
        {
            return false;
        }

        for (long index = 0; index < old.Count; index++)
        {
            if (!_flat.TryInt32(old, index, out int buffer) || (uint)buffer >= (uint)buffers.Count)
            {
                return failure.Malformed("The metadata names a buffer that is not there.");
            }
        }

        for (long index = 0; index < entries.Count; index++)
        {
            if (!_flat.TryTable(entries, index, out FlatTable entry)
                || !_flat.TryText(entry, 0, out _)
                || !_flat.TryNumber(entry, 1, sizeof(uint), out ulong buffer)
                || buffer >= (ulong)buffers.Count)
            {
                return failure.Malformed("The metadata is not well formed or names a buffer that is not there.");
            }
        }

        return true;
    }

    private bool TrySignatures(FlatTable root)
    {
        if (!_flat.TryVector(root, 7, sizeof(uint), out FlatVector signatures))
        {
            return false;
        }

        for (long index = 0; index < signatures.Count; index++)
        {
            if (!_flat.TryTable(signatures, index, out FlatTable signature)
                || !_flat.TryText(signature, 2, out _)
                || !_flat.TryNumber(signature, 4, sizeof(uint), out ulong graph)
                || graph >= (ulong)_graphs.Count
                || !TryNames(signature, 0, _graphs[(int)graph].TensorCount)
                || !TryNames(signature, 1, _graphs[(int)graph].TensorCount))
            {
                return failure.Malformed("A signature is not well formed or names a tensor that is not there.");
            }
        }

        return true;
    }

    private bool TryNames(FlatTable signature, int slot, long tensorCount)
    {
        if (!_flat.TryVector(signature, slot, sizeof(uint), out FlatVector names))
        {
            return false;
        }

        for (long index = 0; index < names.Count; index++)
        {
            if (!_flat.TryTable(names, index, out FlatTable name)
                || !_flat.TryText(name, 0, out _)
                || !_flat.TryNumber(name, 1, sizeof(uint), out ulong tensor)
                || tensor >= (ulong)tensorCount)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Subgraphs that nobody else calls any more are taken away one after another: what is left calls in circles.
    /// </summary>
    private bool TryCalls()
    {
        int[] callers = new int[_graphs.Count];
        foreach (int called in _graphs.SelectMany(static graph => graph.Calls))
        {
            if ((uint)called >= (uint)_graphs.Count)
            {
                return failure.Malformed($"An operator calls subgraph {called} of {_graphs.Count}.");
            }

            callers[called]++;
        }

        Queue<int> free = new(Enumerable.Range(0, _graphs.Count).Where(index => callers[index] == 0));
        int taken = 0;
        while (free.TryDequeue(out int index))
        {
            taken++;
            foreach (int called in _graphs[index].Calls)
            {
                if (--callers[called] == 0)
                {
                    free.Enqueue(called);
                }
            }
        }

        return taken == _graphs.Count || failure.Malformed("Subgraphs call one another in a circle.");
    }
}
