using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>
/// A good answer to an inference request, read and held against the model's metadata. Never compared.
/// </summary>
/// <param name="Json">The JSON.</param>
/// <param name="Outputs">Outputs in their order.</param>
/// <param name="BinaryNames">Names of those whose data came behind the JSON.</param>
internal sealed record InferAnswer(
    JsonElement Json, ImmutableArray<TensorValue> Outputs, ImmutableArray<string> BinaryNames)
{
    /// <summary>Reads an answer; breaks the rule where its form is wrong.</summary>
    /// <param name="answer">What came.</param>
    /// <param name="model">Of the model.</param>
    /// <param name="isClassified">True when outputs are labels in place of what metadata says.</param>
    internal static InferAnswer Read(HttpAnswer answer, ModelFacts model, bool isClassified = false)
    {
        JsonElement json = Expect.Good(answer);
        Expect.That(
            Expect.Text(json, "model_name") == model.Name,
            $"'model_name' is '{Expect.Text(json, "model_name")}', not '{model.Name}'.");
        if (json.TryGetProperty("model_version", out _) && !model.Versions.IsEmpty)
        {
            string version = Expect.Text(json, "model_version");
            Expect.That(model.Versions.Contains(version), $"'model_version' is '{version}', which metadata has not.");
        }

        ImmutableArray<TensorValue>.Builder outputs = ImmutableArray.CreateBuilder<TensorValue>();
        ImmutableArray<string>.Builder binary = ImmutableArray.CreateBuilder<string>();
        int at = answer.JsonBytes;
        foreach (JsonElement output in Expect.List(json, "outputs"))
        {
            TensorValue value = ReadOutput(output, answer.Body, ref at, binary);
            if (!isClassified)
            {
                CheckFacts(value, model);
            }

            outputs.Add(value);
        }

        Expect.That(at == answer.Body.Length, $"{answer.Body.Length - at} bytes after the outputs belong to none.");
        return new InferAnswer(json, outputs.ToImmutable(), binary.ToImmutable());
    }

    /// <summary>The output of this name.</summary>
    internal TensorValue Output(string name)
    {
        TensorValue? found = Outputs.FirstOrDefault(output => output.Name == name);
        Expect.That(found is not null, $"Output '{name}' is missing.");
        return found;
    }

    /// <summary>These outputs and no other, bit by bit; any order.</summary>
    internal void MustEqual(ImmutableArray<TensorValue>? expected)
    {
        if (expected is null)
        {
            return;
        }

        Expect.That(
            Outputs.Length == expected.Value.Length,
            $"There are {Outputs.Length} outputs, expected {expected.Value.Length}.");
        foreach (TensorValue one in expected.Value)
        {
            string? difference = one.Differs(Output(one.Name));
            Expect.That(difference is null, difference ?? "");
        }
    }

    private static TensorValue ReadOutput(
        JsonElement output, byte[] body, ref int at, ImmutableArray<string>.Builder binary)
    {
        bool isBinary = output.TryGetProperty("parameters", out JsonElement parameters)
            && parameters.TryGetProperty("binary_data_size", out _);
        if (!isBinary)
        {
            return TensorValue.Read(output);
        }

        long size = Expect.Number(parameters, "binary_data_size");
        Expect.That(size >= 0 && size <= body.Length - at, $"binary_data_size {size} is beyond the body.");
        TensorValue value = TensorValue.ReadBinary(output, body.AsSpan(at, (int)size));
        at += (int)size;
        binary.Add(value.Name);
        return value;
    }

    private static void CheckFacts(TensorValue value, ModelFacts model)
    {
        TensorFacts? facts = model.Outputs.FirstOrDefault(output => output.Name == value.Name);
        Expect.That(facts is not null, $"Output '{value.Name}' is not in the metadata.");
        Expect.That(value.Type == facts.Type, $"'{value.Name}' is {value.Type}, metadata says {facts.Type}.");
        Expect.That(facts.Takes(value.Shape), $"'{value.Name}' has shape {value.ShapeJson()}, not that of metadata.");
    }
}
