using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Graphs;

/// <summary>A model beside the graph file.</summary>
/// <param name="Name">Its name in the graph; <see cref="GraphSpec.OwnModel"/> is the package's own.</param>
/// <param name="File">Name of its file, in the folder of the graph file.</param>
public sealed record GraphModelSpec(string Name, string File);

/// <summary>One step as the author wrote it.</summary>
/// <param name="Name">Its name; unique in the graph.</param>
/// <param name="Op">What it does.</param>
/// <param name="Inputs">Values that it reads.</param>
/// <param name="Outputs">Values that it makes.</param>
/// <param name="Parameters">The rest of what it says.</param>
public sealed record GraphStepSpec(
    string Name,
    string Op,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    ImmutableDictionary<string, JsonElement> Parameters);

/// <summary>
/// What a package does around its models: inputs, then steps in order, each reading values that the graph's inputs and
/// earlier steps made, then which values go out. A value is made once, so the steps are a graph without cycles. This is
/// what the author wrote; whether the steps fit each other says <see cref="GraphPlan"/>. Never compared.
/// </summary>
public sealed record GraphSpec
{
    /// <summary>Where it lies in a package.</summary>
    public const string FileName = "graph.json";

    /// <summary>The name by which steps call the model that the package is of.</summary>
    public const string OwnModel = "model";

    /// <summary>What a request brings.</summary>
    public required ImmutableArray<TensorSpec> Inputs { get; init; }

    /// <summary>Models beside the package's own.</summary>
    public required ImmutableArray<GraphModelSpec> Models { get; init; }

    /// <summary>The steps, in the order in which they are computed.</summary>
    public required ImmutableArray<GraphStepSpec> Steps { get; init; }

    /// <summary>Values that go out, under their own names.</summary>
    public required ImmutableArray<string> Outputs { get; init; }

    /// <summary>Files of labels that steps name, each once.</summary>
    public IEnumerable<string> LabelFiles => Steps
        .Select(static step => step.Parameters.TryGetValue("labels", out JsonElement file)
            && file.ValueKind == JsonValueKind.String ? file.GetString() ?? "" : "")
        .Where(static file => file.Length > 0)
        .Distinct(StringComparer.Ordinal);

    /// <summary>Inputs that are images, each once.</summary>
    public IEnumerable<string> ImageInputs => Inputs
        .Select(static input => input.Name)
        .Where(name => Steps.Any(step => step.Op == GraphOps.DecodeImage && step.Inputs.Contains(name)));

    /// <summary>Whether it decodes images, and so needs the native libraries for that.</summary>
    public bool DecodesImages => Steps.Any(static step => step.Op == GraphOps.DecodeImage);

    /// <summary>Whether a step runs the package's own model.</summary>
    public bool RunsOwnModel => Steps.Any(static step => step.Op == GraphOps.Model
        && (!step.Parameters.TryGetValue("model", out JsonElement name)
            || (name.ValueKind == JsonValueKind.String && name.GetString() == OwnModel)));

    /// <summary>True for the name of a file that cannot lead out of its folder.</summary>
    public static bool IsFileName(string text) => GraphReader.IsFileName(text);

    /// <summary>Reads graph.json; false with everything that is wrong. Never throws, whatever the bytes.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json, [NotNullWhen(true)] out GraphSpec? spec, out ImmutableArray<Finding> findings)
    {
        spec = GraphReader.Read(json, out findings);
        return spec is not null;
    }
}
