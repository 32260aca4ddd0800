using System.Collections.Immutable;
using Kedge.Conformance.Models;

namespace Kedge.Conformance.Rules;

/// <summary>Right requests, and what must come back.</summary>
internal static class InferRules
{
    private const string Group = "infer";

    internal static ImmutableArray<Rule> All { get; } =
    [
        new Rule
        {
            Id = "infer-flat",
            Group = Group,
            Title = "Data in one flat list is taken; outputs are those of the metadata, and right.",
            Source = Sources.Rest + "Inference Response JSON Object; " + Sources.Required + "Tensor Data",
            Fits = CanSpeakJson,
            Check = FlatAsync,
        },
        new Rule
        {
            Id = "infer-nested",
            Group = Group,
            Title = "Data in one list per dimension gives the same answer.",
            Source = Sources.Required + "Tensor Data",
            Fits = CanSpeakJson,
            Check = NestedAsync,
        },
        new Rule
        {
            Id = "infer-batch",
            Group = Group,
            Title = "A variable extent takes more than one.",
            Source = Sources.Rest + "Request Input",
            Fits = static model => CanSpeakJson(model) && model.Function != ModelFunction.Unknown,
            Check = static async trial =>
            {
                ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs(first: 3);
                (await trial.InferAsync(trial.Model, inputs).ConfigureAwait(false))
                    .MustEqual(trial.Model.Answer(inputs));
            },
        },
        new Rule
        {
            Id = "infer-id",
            Group = Group,
            Title = "The id of a request comes back, whatever text it is.",
            Source = Sources.Rest + "Inference Request JSON Object, id",
            Check = IdAsync,
        },
        new Rule
        {
            Id = "infer-outputs-all",
            Group = Group,
            Title = "Without a list of outputs all of them come.",
            Source = Sources.Rest + "Inference Request JSON Object, outputs",
            Fits = CanSpeakJson,
            Check = AllOutputsAsync,
        },
        new Rule
        {
            Id = "infer-outputs-chosen",
            Group = Group,
            Title = "With a list of outputs those come and no other.",
            Source = Sources.Rest + "Request Output",
            Fits = CanSpeakJson,
            Check = ChosenOutputsAsync,
        },
        new Rule
        {
            Id = "infer-inputs-any-order",
            Group = Group,
            Title = "Inputs are known by name: their order does not matter.",
            Source = Sources.Rest + "Request Input, name",
            Fits = static model => CanSpeakJson(model) && model.Inputs.Length > 1,
            Check = static async trial =>
            {
                ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
                (await trial.InferAsync(trial.Model, inputs.Reverse()).ConfigureAwait(false))
                    .MustEqual(trial.Model.Answer(inputs));
            },
        },
        new Rule
        {
            Id = "infer-version",
            Group = Group,
            Title = "A request to a version is answered by it.",
            Source = Sources.Rest + "Inference",
            Fits = static model => CanSpeakJson(model) && !model.Versions.IsEmpty,
            Check = VersionAsync,
        },
        new Rule
        {
            Id = "infer-parameters",
            Group = Group,
            Title = "Parameters of a request, an input and an output may be an empty object.",
            Source = Sources.Required + "Parameters",
            Check = ParametersAsync,
        },
        new Rule
        {
            Id = "infer-samples",
            Group = Group,
            Title = "Samples of the spec are answered bit by bit.",
            Source = "the spec file",
            Fits = static model => !model.Spec.Samples.IsEmpty,
            Check = SamplesAsync,
        },
    ];

    /// <summary>True when no server must be asked for a type that JSON has no agreed form for.</summary>
    internal static bool CanSpeakJson(ModelFacts model) =>
        !model.Inputs.Concat(model.Outputs).Any(static tensor => DataTypes.IsHalf(tensor.Type));

    private static async Task FlatAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        InferAnswer answer = await trial.InferAsync(trial.Model, inputs).ConfigureAwait(false);
        answer.MustEqual(trial.Model.Answer(inputs));
    }

    private static async Task NestedAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        InferAnswer flat = await trial.InferAsync(trial.Model, inputs).ConfigureAwait(false);
        InferAnswer nested = InferAnswer.Read(
            await trial.PostAsync(trial.Model.InferPath, Bodies.Request(
                inputs.Select(static input => Bodies.Input(input, data: input.ToNestedJson()))))
                .ConfigureAwait(false),
            trial.Model);
        nested.MustEqual(flat.Outputs);
    }

    private static async Task IdAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        foreach (string id in new[] { "42", "caf\u00e9 \"\\ \u20ac" })
        {
            InferAnswer answer = await trial.InferAsync(
                model, model.SmallInputs(), $"\"id\":{DataTypes.JsonText(id)}").ConfigureAwait(false);
            string got = Expect.Text(answer.Json, "id");
            Expect.That(got == id, $"'id' is '{got}', not '{id}'.");
        }
    }

    private static async Task AllOutputsAsync(Trial trial)
    {
        InferAnswer answer = await trial.InferAsync(trial.Model, trial.Model.SmallInputs()).ConfigureAwait(false);
        Expect.That(
            answer.Outputs.Select(static o => o.Name).Order().SequenceEqual(
                trial.Model.Outputs.Select(static o => o.Name).Order()),
            $"The outputs are {string.Join(", ", answer.Outputs.Select(static o => o.Name))}.");
    }

    private static async Task ChosenOutputsAsync(Trial trial)
    {
        foreach (TensorFacts output in trial.Model.Outputs)
        {
            InferAnswer answer = await trial.InferAsync(
                trial.Model, trial.Model.SmallInputs(), Bodies.Outputs(output.Name)).ConfigureAwait(false);
            Expect.That(
                answer.Outputs.Length == 1 && answer.Outputs[0].Name == output.Name,
                $"Asked for '{output.Name}', got {string.Join(", ", answer.Outputs.Select(static o => o.Name))}.");
        }
    }

    private static async Task VersionAsync(Trial trial)
    {
        foreach (string version in trial.Model.Versions)
        {
            InferAnswer answer = InferAnswer.Read(
                await trial.PostAsync(
                    $"{trial.Model.Path}/versions/{Uri.EscapeDataString(version)}/infer",
                    Bodies.Request(trial.Model.SmallInputs())).ConfigureAwait(false),
                trial.Model);
            string got = Expect.Text(answer.Json, "model_version");
            Expect.That(got == version, $"'model_version' is '{got}', not '{version}'.");
        }
    }

    private static async Task ParametersAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ImmutableArray<TensorValue> inputs = model.SmallInputs();
        string output = $"{{\"name\":{DataTypes.JsonText(model.Outputs[0].Name)},\"parameters\":{{}}}}";
        string body = Bodies.Request(
            inputs.Select(static input => Bodies.Input(input).Replace(
                "\"data\":", "\"parameters\":{},\"data\":", StringComparison.Ordinal)),
            $"\"parameters\":{{}},\"outputs\":[{output}]");
        InferAnswer.Read(await trial.PostAsync(model.InferPath, body).ConfigureAwait(false), model)
            .MustEqual(model.Answer(inputs)?[..1]);
    }

    private static async Task SamplesAsync(Trial trial)
    {
        foreach (ModelSample sample in trial.Model.Spec.Samples)
        {
            InferAnswer answer = await trial.InferAsync(
                trial.Model, sample.Inputs, Bodies.Outputs(sample.Outputs.Select(static o => o.Name)))
                .ConfigureAwait(false);
            answer.MustEqual(sample.Outputs);
        }
    }
}
