using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Models;

/// <summary>What a spec file says of a model. Never compared.</summary>
/// <param name="Name">The model.</param>
/// <param name="Function">What it computes.</param>
/// <param name="Samples">Requests with their answers.</param>
internal sealed record ModelSpec(string Name, ModelFunction Function, ImmutableArray<ModelSample> Samples)
{
    /// <summary>
    /// Reads <c>{"models": [{"name": ..., "function": "identity" | "addsub", "samples": [{"inputs": [...], "outputs":
    /// [...]}]}]}</c>, tensors as the protocol writes them.
    /// </summary>
    /// <exception cref="UnusableTargetException">The file is not there or is no spec.</exception>
    internal static ImmutableArray<ModelSpec> ReadFile(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. Expect.List(document.RootElement, "models").Select(Read)];
        }
        catch (Exception failure) when (failure is IOException or JsonException or RuleBrokenException
            or UnauthorizedAccessException)
        {
            throw new UnusableTargetException($"{path} cannot be read as a spec: {failure.Message}", failure);
        }
    }

    private static ModelSpec Read(JsonElement json)
    {
        string function = json.TryGetProperty("function", out JsonElement named) ? named.GetString() ?? "" : "";
        return new ModelSpec(
            Expect.Text(json, "name"),
            function switch
            {
                "identity" => ModelFunction.Identity,
                "addsub" => ModelFunction.AddSub,
                "" => ModelFunction.Unknown,
                _ => throw new RuleBrokenException($"There is no function '{function}'."),
            },
            json.TryGetProperty("samples", out _)
                ? [.. Expect.List(json, "samples").Select(ModelSample.Read)]
                : []);
    }
}

/// <summary>A request with its answer. Never compared.</summary>
/// <param name="Inputs">Every input.</param>
/// <param name="Outputs">Outputs that must come, bit by bit.</param>
internal sealed record ModelSample(ImmutableArray<TensorValue> Inputs, ImmutableArray<TensorValue> Outputs)
{
    internal static ModelSample Read(JsonElement json) => new(
        [.. Expect.List(json, "inputs").Select(TensorValue.Read)],
        [.. Expect.List(json, "outputs").Select(TensorValue.Read)]);
}
