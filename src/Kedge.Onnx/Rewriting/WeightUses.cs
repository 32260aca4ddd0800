using System.Collections.Immutable;

namespace Kedge.Onnx.Rewriting;

/// <summary>Finds out what a graph uses its weights for.</summary>
internal sealed class WeightUses
{
    private readonly EditableModel _model;
    private readonly Dictionary<string, List<EditableNode>> _takers = new(StringComparer.Ordinal);
    private readonly HashSet<(string Domain, string Name)> _functions;

    public WeightUses(EditableModel model)
    {
        _model = model;
        _functions = [.. model.Facts.Functions.Select(static function => (
            function.Domain == "ai.onnx" ? "" : function.Domain, function.Name))];
        foreach (EditableNode node in model.Graph.Nodes)
        {
            foreach (string input in node.Inputs.Distinct(StringComparer.Ordinal).Where(static i => i.Length > 0))
            {
                if (!_takers.TryGetValue(input, out List<EditableNode>? takers))
                {
                    _takers[input] = takers = [];
                }

                takers.Add(node);
            }
        }
    }

    /// <summary>What a weight is used for. Where nodes use it differently, the first that is known decides.</summary>
    public WeightUse Of(EditableInitializer weight)
    {
        string name = weight.Facts.Name;
        WeightOperation operation = WeightOperation.Unknown;
        int axis = -1;
        ImmutableArray<EditableNode>.Builder nodes = ImmutableArray.CreateBuilder<EditableNode>();
        bool elsewhere = _model.Graph.Outputs.Contains(name) || _model.Graph.NestedNames.Contains(name);
        foreach (EditableNode node in _takers.GetValueOrDefault(name) ?? [])
        {
            (WeightOperation one, int its) = Operation(node, weight);
            bool isOther = operation != WeightOperation.Unknown && (one, its) != (operation, axis);
            if (one == WeightOperation.Unknown || isOther)
            {
                elsewhere = true;
                continue;
            }

            (operation, axis) = (one, its);
            nodes.Add(node);
        }

        return new WeightUse(operation, axis, nodes.DrainToImmutable(), elsewhere);
    }

    private (WeightOperation Operation, int Axis) Operation(EditableNode node, EditableInitializer weight)
    {
        string name = weight.Facts.Name;
        int rank = weight.Facts.Dims.Length;
        bool isSecond = node.Domain.Length == 0
            && !_functions.Contains((node.Domain, node.OpType))
            && node.Inputs.Length >= 2
            && node.Inputs[1] == name
            && node.Inputs.Count(input => input == name) == 1
            && node.Outputs.Length == 1;
        return (node.OpType, rank) switch
        {
            _ when !isSecond => (WeightOperation.Unknown, -1),
            ("MatMul", 2) => (WeightOperation.Product, 1),
            ("Gemm", 2) => (WeightOperation.Product, IsTransposed(node) ? 0 : 1),
            ("Conv", >= 3) => (WeightOperation.Convolution, 0),
            ("ConvTranspose", >= 3) => (WeightOperation.TransposedConvolution, 1),
            _ => (WeightOperation.Unknown, -1),
        };
    }

    private static bool IsTransposed(EditableNode gemm) => gemm.Attributes() is { } attributes
        && attributes.OfType<OnnxAttribute.Int>().Any(
            static attribute => attribute is { Attribute: "transB", Value: not 0 });
}
