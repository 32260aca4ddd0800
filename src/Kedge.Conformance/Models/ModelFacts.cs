using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Models;

/// <summary>What is known of a model. Never compared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Those that can be asked for; empty where the server has none.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
/// <param name="Spec">What its spec says; one that says nothing where there is none.</param>
internal sealed record ModelFacts(
    string Name, ImmutableArray<string> Versions, ImmutableArray<TensorFacts> Inputs,
    ImmutableArray<TensorFacts> Outputs, ModelSpec Spec)
{
    /// <summary>What it computes.</summary>
    public ModelFunction Function => Spec.Function;

    /// <summary>Its address.</summary>
    public string Path => $"/v2/models/{Uri.EscapeDataString(Name)}";

    /// <summary>Where it is asked.</summary>
    public string InferPath => $"{Path}/infer";

    internal static ModelFacts Read(JsonElement json, ModelSpec spec) => new(
        Expect.Text(json, "name"),
        json.TryGetProperty("versions", out _) ? Expect.Texts(json, "versions") : [],
        [.. Expect.List(json, "inputs").Select(TensorFacts.Read)],
        [.. Expect.List(json, "outputs").Select(TensorFacts.Read)],
        spec);

    /// <summary>A right request of small values: two rows where the first extent is variable and small.</summary>
    internal ImmutableArray<TensorValue> SmallInputs(long first = 1) =>
        Spec.Samples.IsEmpty || Function != ModelFunction.Unknown
            ? [.. Inputs.Select(input => input.Small(first))]
            : Spec.Samples[0].Inputs;

    /// <summary>What the model must answer; null where that is not known.</summary>
    internal ImmutableArray<TensorValue>? Answer(ImmutableArray<TensorValue> inputs) => Function switch
    {
        ModelFunction.Identity => [inputs[0] with { Name = Outputs[0].Name }],
        ModelFunction.AddSub =>
        [
            Combine(Outputs[0].Name, inputs, static (a, b) => a + b),
            Combine(Outputs[1].Name, inputs, static (a, b) => a - b),
        ],
        ModelFunction.Unknown => null,
    };

    private static TensorValue Combine(
        string name, ImmutableArray<TensorValue> inputs, Func<long, long, long> combine) => inputs[0] with
    {
        Name = name,
        Elements =
        [
            .. inputs[0].Elements.Zip(inputs[1].Elements, (a, b) => DataTypes.Whole(
                combine(DataTypes.ToWhole(inputs[0].Type, a), DataTypes.ToWhole(inputs[0].Type, b)),
                DataTypes.Size(inputs[0].Type))),
        ],
    };
}
