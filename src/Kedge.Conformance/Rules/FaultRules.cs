using System.Collections.Immutable;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>
/// Wrong requests. Each must be refused with a client error and an error text, and the same model must answer a right
/// request afterwards.
/// </summary>
internal static class FaultRules
{
    private const string Group = "fault";
    private const string ErrorSource = Sources.Rest + "Inference Response JSON Error Object";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Fault("fault-no-json", "A body that is no JSON is refused.", static _ => "this is no JSON"),
        Fault("fault-empty-body", "An empty body is refused.", static _ => ""),
        Fault("fault-no-object", "JSON that is no object is refused.", static _ => "[]"),
        Fault("fault-cut-off", "JSON that ends too early is refused.", static m => Right(m)[..^7]),
        Fault("fault-after-end", "Anything after the JSON object is refused.", static m => Right(m) + "{}"),
        Fault("fault-no-inputs", "A request without inputs is refused.", static _ => "{\"id\":\"1\"}"),
        Fault("fault-inputs-kind", "Inputs that are no list are refused.", static _ => "{\"inputs\":{}}"),
        Fault("fault-missing-input", "A request without one of the inputs is refused.",
            static m => Bodies.Request(m.SmallInputs().Skip(1))),
        Fault("fault-unknown-input", "An input that the model does not have is refused.",
            static m => Bodies.Request(
                m.SmallInputs().Select(static i => Bodies.Input(i))
                    .Append(Bodies.Input(m.SmallInputs()[0], name: "no-such-input")))),
        Fault("fault-twice-input", "An input that is given twice is refused.",
            static m => Bodies.Request(m.SmallInputs().Append(m.SmallInputs()[0]))),
        Fault("fault-unknown-output", "An output that the model does not have is refused.",
            static m => Bodies.Request(m.SmallInputs(), Bodies.Outputs("no-such-output"))),
        First("fault-no-name", "An input without a name is refused.",
            static i => $"{{\"shape\":{i.ShapeJson()},\"datatype\":\"{i.Type}\",\"data\":{i.ToFlatJson()}}}"),
        First("fault-no-shape", "An input without a shape is refused.",
            static i => $"{{\"name\":\"{i.Name}\",\"datatype\":\"{i.Type}\",\"data\":{i.ToFlatJson()}}}"),
        First("fault-no-datatype", "An input without a datatype is refused.",
            static i => $"{{\"name\":\"{i.Name}\",\"shape\":{i.ShapeJson()},\"data\":{i.ToFlatJson()}}}"),
        First("fault-no-data", "An input without data is refused.",
            static i => $"{{\"name\":\"{i.Name}\",\"shape\":{i.ShapeJson()},\"datatype\":\"{i.Type}\"}}"),
        First("fault-datatype-unknown", "A datatype that is none is refused.",
            static i => Bodies.Input(i, type: "FLOAT31")),
        First("fault-datatype-other", "A datatype other than the model's is refused.",
            static i => Bodies.Input(i, type: i.Type == "FP64" ? "FP32" : "FP64")),
        First("fault-shape-kind", "A shape that is no list of numbers is refused.",
            static i => Bodies.Input(i, shape: "[\"one\"]")),
        First("fault-shape-negative", "A negative extent is refused.",
            static i => Bodies.Input(i, shape: $"[-1{string.Concat(i.Shape.Skip(1).Select(static _ => ",1"))}]")),
        First("fault-shape-rank", "A shape of more axes than the model's is refused.",
            static i => Bodies.Input(i, shape: i.ShapeJson()[..^1] + (i.Shape.IsEmpty ? "1]" : ",1]"))),
        First("fault-shape-huge", "A shape whose product is beyond any memory is refused.",
            static i => Bodies.Input(i, shape: $"[{string.Join(',', i.Shape.Select(static _ => "4294967296"))}]")),
        First("fault-shape-extent", "An extent other than the model's is refused.",
            static i => Bodies.Input(i, shape: $"[{string.Join(',', i.Shape.Select(static e => e + 1))}]")),
        First("fault-data-short", "Less data than the shape says is refused.",
            static i => Bodies.Input(i, data: "[]")),
        First("fault-data-long", "More data than the shape says is refused.",
            static i => Bodies.Input(i, data: $"{i.ToFlatJson()[..^1]},{DataTypes.ToJson(i.Type, i.Elements[0])}]")),
        First("fault-data-kind", "Data of another kind than the datatype is refused.",
            static i => Bodies.Input(
                i, data: $"[{string.Join(',', i.Elements.Select(_ => i.Type == "BYTES" ? "1" : "\"x\""))}]")),
        First("fault-data-object", "Data that is an object is refused.",
            static i => Bodies.Input(i, data: "{}")),
        new Rule
        {
            Id = "fault-data-range",
            Group = Group,
            Title = "A number out of the range of its datatype is refused.",
            Source = Sources.Required + "Tensor Data Types",
            Fits = static model =>
                model.Function == ModelFunction.Identity && DataTypes.IsInteger(model.Inputs[0].Type),
            Check = RangeAsync,
        },
        Addressed("fault-model-unknown", "Inference with a model that is not there is refused.",
            static _ => "/v2/models/no-such-model/infer"),
        Addressed("fault-version-unknown", "Inference with a version that is not there is refused.",
            static model => $"{model.Path}/versions/987654321/infer"),
        new Rule
        {
            Id = "fault-method",
            Group = Group,
            Title = "Inference by GET is refused.",
            Source = Sources.Rest + "HTTP/REST, Verb",
            Check = static async trial =>
            {
                HttpAnswer answer = await trial.GetAsync(trial.AnyModel.InferPath).ConfigureAwait(false);
                Expect.That(answer.Status is >= 400 and < 500, $"The status is {answer.Status}.");
            },
        },
    ];

    private static string Right(ModelFacts model) => Bodies.Request(model.SmallInputs());

    private static Rule Fault(string id, string title, Func<ModelFacts, string> body) => new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = ErrorSource,
        Check = trial => RefusedAsync(trial, trial.AnyModel, trial.AnyModel.InferPath, body(trial.AnyModel)),
    };

    /// <summary>A right request whose first input is replaced.</summary>
    private static Rule First(string id, string title, Func<TensorValue, string> input) =>
        Fault(id, title, model => Bodies.Request(
            model.SmallInputs().Select((one, index) => index == 0 ? input(one) : Bodies.Input(one))));

    private static Rule Addressed(string id, string title, Func<ModelFacts, string> path) => new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = ErrorSource,
        Check = trial => RefusedAsync(trial, trial.AnyModel, path(trial.AnyModel), Right(trial.AnyModel)),
    };

    private static async Task RefusedAsync(Trial trial, ModelFacts model, string path, string body)
    {
        Expect.Refusal(await trial.PostAsync(path, body).ConfigureAwait(false));
        ImmutableArray<TensorValue> inputs = model.SmallInputs();
        (await trial.InferAsync(model, inputs).ConfigureAwait(false)).MustEqual(model.Answer(inputs));
    }

    private static Task RangeAsync(Trial trial)
    {
        TensorValue input = trial.Model.SmallInputs()[0];
        int bits = DataTypes.Size(input.Type) * 8;
        Int128 limit = Int128.One << (input.Type.StartsWith('U') ? bits : bits - 1);
        return RefusedAsync(
            trial, trial.Model, trial.Model.InferPath, Bodies.Request([Bodies.Input(input, data: $"[{limit}]")]));
    }
}
