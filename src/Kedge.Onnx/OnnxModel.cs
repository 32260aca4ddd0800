using System.Collections.Immutable;

namespace Kedge.Onnx;

/// <summary>What the bounded walk found in an ONNX file: enough to judge it, not to run it. Never compared.</summary>
public sealed record OnnxModel
{
    /// <summary>Version of the intermediate representation, 1 or above.</summary>
    public required long IrVersion { get; init; }

    /// <summary>The program that wrote the file, as it says itself; may be empty.</summary>
    public required string Producer { get; init; }

    /// <summary>The graph's name; may be empty.</summary>
    public required string GraphName { get; init; }

    /// <summary>Operator sets that the model imports, one for each domain.</summary>
    public required ImmutableArray<OnnxOpset> Opsets { get; init; }

    /// <summary>Inputs of the graph as written; older files list initializers among them.</summary>
    public required ImmutableArray<OnnxValue> Inputs { get; init; }

    /// <summary>Outputs of the graph.</summary>
    public required ImmutableArray<OnnxValue> Outputs { get; init; }

    /// <summary>Initializers of the outermost graph.</summary>
    public required ImmutableArray<OnnxInitializer> Initializers { get; init; }

    /// <summary>Tensors that lie as raw bytes in attributes of nodes or in subgraphs: constants by which some exporters
    /// write all weights. Small ones (<see cref="OnnxLimits.ConstantBytesMin"/>) are left out.</summary>
    public ImmutableArray<OnnxInitializer> Constants { get; init; } = [];

    /// <summary>Operators used anywhere, with how often; subgraphs and functions count.</summary>
    public required ImmutableArray<OnnxOperatorUse> Operators { get; init; }

    /// <summary>Functions that the model brings along, which its nodes may use as operators.</summary>
    public required ImmutableArray<OnnxFunctionName> Functions { get; init; }

    /// <summary>Locations of external data named by any tensor anywhere, without duplicates, as written.</summary>
    public required ImmutableArray<string> ExternalLocations { get; init; }

    /// <summary>Tensors anywhere whose data lies in other files, in the order met.</summary>
    public ImmutableArray<OnnxExternalTensor> ExternalTensors { get; init; } = [];

    /// <summary>Nodes in all graphs and functions.</summary>
    public required int NodeCount { get; init; }

    /// <summary>Bytes of all tensors that the file holds, initializers and attributes together.</summary>
    public required long TensorBytes { get; init; }

    /// <summary>Inputs that a request must give: those that no initializer has a value for.</summary>
    public IEnumerable<OnnxValue> RequiredInputs()
    {
        HashSet<string> initialized = [.. Initializers.Select(static initializer => initializer.Name)];
        return Inputs.Where(input => !initialized.Contains(input.Name));
    }
}

/// <summary>An operator set.</summary>
/// <param name="Domain">The domain; empty for the standard's own.</param>
/// <param name="Version">The version, 1 or above.</param>
public sealed record OnnxOpset(string Domain, long Version);

/// <summary>One kind of operator and how often it is used.</summary>
/// <param name="Domain">The domain; empty for the standard's own.</param>
/// <param name="OpType">The operator's name.</param>
/// <param name="Count">Nodes that use it, 1 or above.</param>
public sealed record OnnxOperatorUse(string Domain, string OpType, int Count);

/// <summary>A function that a model brings along.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Name">The name by which nodes use it.</param>
public sealed record OnnxFunctionName(string Domain, string Name);
