using System.Collections.Immutable;
using System.Globalization;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Triton's binary tensor data, and requests that are nothing else.</summary>
internal static class BinaryRules
{
    private const string Group = "binary";
    private const string Source = Sources.Triton + "extension_binary_data.md, Binary Tensor Request";
    private const string AllBinary = "\"parameters\":{\"binary_data_output\":true}";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Right("binary-input", "An input may come as bytes behind the JSON; the answer is JSON.", InputAsync),
        Right("binary-mixed", "Inputs as bytes and inputs in JSON may stand in one request.", MixedAsync,
            static model => InferRules.CanSpeakJson(model) && model.Inputs.Length > 1),
        Right("binary-output", "An output comes as bytes when it asks for binary_data.", OutputAsync),
        Right("binary-output-all", "All outputs come as bytes when the request asks for binary_data_output.",
            OutputsAsync),
        Right("binary-output-override", "binary_data of an output goes before binary_data_output.", OverrideAsync),
        Right("binary-header", "An answer with bytes names the length of its JSON, and no other answer has bytes.",
            HeaderAsync),
        Wrong("binary-size-wrong", "A binary_data_size that does not fit the shape is refused.",
            static input => (Bodies.BinaryInput(input, input.ToBinary().Length - 1), input.ToBinary()[..^1])),
        Wrong("binary-size-beyond", "A binary_data_size beyond the body is refused.",
            static input => (Bodies.BinaryInput(input), input.ToBinary()[..^1])),
        Wrong("binary-left-over", "Bytes that belong to no input are refused.",
            static input => (Bodies.BinaryInput(input), [.. input.ToBinary(), 0, 0, 0, 0])),
        Wrong("binary-size-negative", "A negative binary_data_size is refused.",
            static input => (Bodies.BinaryInput(input, -1), input.ToBinary())),
        Header("binary-header-beyond", "A header length beyond the body is refused.", "1000000"),
        Header("binary-header-negative", "A negative header length is refused.", "-1"),
        Header("binary-header-words", "A header length that is no number is refused.", "many"),
        Right("binary-raw", "A body without any JSON is the one input of the model.", RawAsync,
            static model => model.Function == ModelFunction.Identity && model.Inputs[0].Type != "BYTES",
            "Raw Binary Request"),
        Right("binary-raw-bytes", "A body without any JSON is the one element of an input of BYTES.", RawBytesAsync,
            static model => model.Function == ModelFunction.Identity && model.Inputs[0].Type == "BYTES",
            "Raw Binary Request"),
        Right("binary-raw-many", "A body without any JSON is refused by a model of several inputs.", RawManyAsync,
            static model => model.Inputs.Length > 1, "Raw Binary Request"),
    ];

    private static Rule Right(
        string id, string title, Func<Trial, Task> check, Func<ModelFacts, bool>? fits = null, string part = "") =>
            new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = part.Length > 0 ? Sources.Triton + "extension_binary_data.md, " + part : Source,
        Extension = "binary_tensor_data",
        Fits = fits ?? InferRules.CanSpeakJson,
        Check = check,
    };

    private static Rule Wrong(string id, string title, Func<TensorValue, (string Input, byte[] Data)> change) =>
        Right(id, title, async trial =>
        {
            ModelFacts model = trial.Model;
            ImmutableArray<TensorValue> inputs = model.SmallInputs();
            (string first, byte[] data) = change(inputs[0]);
            string json = Bodies.Request(
                [first, .. inputs.Skip(1).Select(static input => Bodies.Input(input))]);
            Expect.Refusal(await trial.PostBinaryAsync(model.InferPath, json, data).ConfigureAwait(false));
            (await trial.InferAsync(model, inputs).ConfigureAwait(false)).MustEqual(model.Answer(inputs));
        }, static model => InferRules.CanSpeakJson(model) && model.Inputs[0].Type != "BOOL");

    private static Rule Header(string id, string title, string length) => Right(id, title, async trial =>
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        Expect.Refusal(await trial.PostBinaryAsync(
            trial.Model.InferPath, Bodies.Request(inputs.Select(static input => Bodies.BinaryInput(input))),
            Data(inputs), length).ConfigureAwait(false));
    });

    private static byte[] Data(IEnumerable<TensorValue> inputs) =>
        [.. inputs.SelectMany(static input => input.ToBinary())];

    private static async Task<InferAnswer> AskAsync(Trial trial, string more)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        HttpAnswer answer = await trial.PostBinaryAsync(
            trial.Model.InferPath, Bodies.Request(inputs.Select(static input => Bodies.BinaryInput(input)), more),
            Data(inputs)).ConfigureAwait(false);
        return InferAnswer.Read(answer, trial.Model);
    }

    private static async Task InputAsync(Trial trial)
    {
        InferAnswer answer = await AskAsync(trial, "").ConfigureAwait(false);
        answer.MustEqual(trial.Model.Answer(trial.Model.SmallInputs()));
        Expect.That(answer.BinaryNames.IsEmpty, "Outputs came as bytes though nobody asked for them.");
    }

    private static async Task MixedAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        string json = Bodies.Request(
            [Bodies.Input(inputs[0]), .. inputs.Skip(1).Select(static input => Bodies.BinaryInput(input))]);
        HttpAnswer answer = await trial.PostBinaryAsync(trial.Model.InferPath, json, Data(inputs.Skip(1)))
            .ConfigureAwait(false);
        InferAnswer.Read(answer, trial.Model).MustEqual(trial.Model.Answer(inputs));
    }

    private static async Task OutputAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        InferAnswer answer = await trial.InferAsync(
            trial.Model, inputs, Bodies.Output(trial.Model.Outputs[0].Name, "binary_data", "true"))
            .ConfigureAwait(false);
        Expect.That(answer.BinaryNames.Length == 1, "The output did not come as bytes.");
        answer.MustEqual(trial.Model.Answer(inputs)?[..1]);
    }

    private static async Task OutputsAsync(Trial trial)
    {
        InferAnswer answer = await AskAsync(trial, AllBinary).ConfigureAwait(false);
        Expect.That(answer.BinaryNames.Length == answer.Outputs.Length, "Not all outputs came as bytes.");
        answer.MustEqual(trial.Model.Answer(trial.Model.SmallInputs()));
    }

    private static async Task OverrideAsync(Trial trial)
    {
        InferAnswer answer = await AskAsync(
            trial, AllBinary + "," + Bodies.Output(trial.Model.Outputs[0].Name, "binary_data", "false"))
            .ConfigureAwait(false);
        Expect.That(answer.BinaryNames.IsEmpty, "The output came as bytes though it asked for JSON.");
        answer.MustEqual(trial.Model.Answer(trial.Model.SmallInputs())?[..1]);
    }

    private static async Task HeaderAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        HttpAnswer binary = await trial.PostAsync(trial.Model.InferPath, Bodies.Request(inputs, AllBinary))
            .ConfigureAwait(false);
        Expect.That(
            binary.Header("Inference-Header-Content-Length") is not null,
            "The answer does not tell its JSON's length.");
        string type = binary.Header("Content-Type") ?? "none";
        Expect.That(type.StartsWith("application/octet-stream", StringComparison.Ordinal), $"Content-Type is {type}.");
        HttpAnswer plain = await trial.PostAsync(trial.Model.InferPath, Bodies.Request(inputs)).ConfigureAwait(false);
        Expect.That(plain.JsonBytes == plain.Body.Length, "Bytes came though nobody asked for them.");
    }

    private static async Task RawAsync(Trial trial)
    {
        TensorValue input = trial.Model.Inputs[0].Small(first: 4);
        HttpAnswer answer = await trial.PostBinaryAsync(trial.Model.InferPath, "", input.ToBinary(), "0")
            .ConfigureAwait(false);
        InferAnswer.Read(answer, trial.Model).MustEqual(trial.Model.Answer([input]));
    }

    private static async Task RawBytesAsync(Trial trial)
    {
        TensorValue input = trial.Model.Inputs[0].Fill(1, static _ => "a picture, perhaps"u8.ToArray());
        HttpAnswer answer = await trial.PostBinaryAsync(trial.Model.InferPath, "", input.Elements[0], "0")
            .ConfigureAwait(false);
        InferAnswer.Read(answer, trial.Model).MustEqual(trial.Model.Answer([input]));
    }

    private static async Task RawManyAsync(Trial trial)
    {
        byte[] data = Data(trial.Model.SmallInputs());
        Expect.Refusal(await trial.PostBinaryAsync(
            trial.Model.InferPath, "", data, 0.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false));
    }
}
