using System.Collections.Immutable;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Every datatype keeps its values, shown by models that give their input back.</summary>
internal static class ValueRules
{
    private const string Group = "values";

    internal static ImmutableArray<Rule> All { get; } =
    [
        new Rule
        {
            Id = "values-json",
            Group = Group,
            Title = "Values go through JSON bit by bit, at both ends of the range.",
            Source = Sources.Required + "Tensor Data, Tensor Data Types",
            Fits = static model => model.Function == ModelFunction.Identity,
            Check = JsonAsync,
        },
        new Rule
        {
            Id = "values-binary",
            Group = Group,
            Title = "Values go through binary tensor data byte by byte.",
            Source = Sources.Triton + "extension_binary_data.md, Binary Tensor Request",
            Extension = "binary_tensor_data",
            Fits = static model => model.Function == ModelFunction.Identity,
            Check = BinaryAsync,
        },
        new Rule
        {
            Id = "values-empty",
            Group = Group,
            Title = "A tensor without elements is a tensor.",
            Source = Sources.Required + "Tensor Data",
            Fits = static model => model.Function == ModelFunction.Identity && InferRules.CanSpeakJson(model)
                && model.Inputs[0].Shape.Contains(-1),
            Check = static async trial =>
            {
                ImmutableArray<TensorValue> inputs = [trial.Model.Inputs[0].Small(0)];
                (await trial.InferAsync(trial.Model, inputs).ConfigureAwait(false))
                    .MustEqual(trial.Model.Answer(inputs));
            },
        },
        new Rule
        {
            Id = "values-bytes-any",
            Group = Group,
            Title = "Elements of BYTES are any bytes, zero among them.",
            Source = Sources.Required + "Tensor Data Types, BYTES",
            Extension = "binary_tensor_data",
            Fits = static model => model.Function == ModelFunction.Identity && model.Inputs[0].Type == "BYTES",
            Check = static trial => EchoAsync(trial, trial.Model.Inputs[0].Fill(
                2, static index => index == 0 ? [0xFF, 0xFE, 0x0A, 0x80] : [0x61, 0x00, 0x62])),
        },
    ];

    private static TensorValue Samples(ModelFacts model)
    {
        ImmutableArray<byte[]> samples = DataTypes.Samples(model.Inputs[0].Type);
        return model.Inputs[0].Fill(samples.Length, index => samples[index % samples.Length]);
    }

    private static async Task JsonAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = [Samples(trial.Model)];
        HttpAnswer answer = await trial.PostAsync(trial.Model.InferPath, Bodies.Request(inputs)).ConfigureAwait(false);
        if (answer.Status is >= 400 and < 500 && DataTypes.IsHalf(inputs[0].Type))
        {
            Expect.ErrorBody(answer);
            throw new NotOfferedException($"{inputs[0].Type} has no form in JSON that every server takes.");
        }

        InferAnswer.Read(answer, trial.Model).MustEqual(trial.Model.Answer(inputs));
    }

    private static Task BinaryAsync(Trial trial) => EchoAsync(trial, Samples(trial.Model));

    private static async Task EchoAsync(Trial trial, TensorValue input)
    {
        string json = Bodies.Request([Bodies.BinaryInput(input)], "\"parameters\":{\"binary_data_output\":true}");
        HttpAnswer answer = await trial.PostBinaryAsync(trial.Model.InferPath, json, input.ToBinary())
            .ConfigureAwait(false);
        InferAnswer read = InferAnswer.Read(answer, trial.Model);
        read.MustEqual(trial.Model.Answer([input]));
        Expect.That(read.BinaryNames.Length == 1, "The output did not come as binary data.");
    }
}
