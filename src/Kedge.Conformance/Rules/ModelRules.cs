using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>What a server says of its models.</summary>
internal static class ModelRules
{
    private const string Group = "model";

    internal static ImmutableArray<Rule> All { get; } =
    [
        new Rule
        {
            Id = "model-metadata",
            Group = Group,
            Title = "A model's metadata has name, platform, inputs and outputs with name, datatype and shape.",
            Source = Sources.Rest + "Model Metadata Response JSON Object",
            Fits = static _ => true,
            Check = MetadataAsync,
        },
        new Rule
        {
            Id = "model-metadata-version",
            Group = Group,
            Title = "Every version that the metadata lists can be asked for, and has the same name.",
            Source = Sources.Rest + "Model Metadata",
            Fits = static model => !model.Versions.IsEmpty,
            Check = VersionsAsync,
        },
        new Rule
        {
            Id = "model-ready",
            Group = Group,
            Title = "GET .../ready of a model that is served answers 200 with its name and true.",
            Source = Sources.Rest + "Model Ready Response JSON Object",
            Fits = static _ => true,
            Check = ReadyAsync,
        },
        new Rule
        {
            Id = "model-unknown",
            Group = Group,
            Title = "Metadata of a model that is not there is refused with an error text.",
            Source = Sources.Rest + "Model Metadata Response JSON Error Object",
            Check = static async trial =>
                Expect.Refusal(await trial.GetAsync("/v2/models/no-such-model").ConfigureAwait(false)),
        },
        new Rule
        {
            Id = "model-unknown-404",
            Group = Group,
            Title = "What is not found is answered with 404.",
            Source = Sources.Triton + "README.md, Mapping Triton Server Error Codes to HTTP Status Codes",
            Check = static async trial =>
                Expect.Status(await trial.GetAsync("/v2/models/no-such-model").ConfigureAwait(false), 404),
        },
        new Rule
        {
            Id = "model-version-unknown",
            Group = Group,
            Title = "A version that is not there is refused with an error text.",
            Source = Sources.Rest + "Model Metadata Response JSON Error Object",
            Check = static async trial => Expect.Refusal(
                await trial.GetAsync($"{trial.AnyModel.Path}/versions/987654321").ConfigureAwait(false)),
        },
        new Rule
        {
            Id = "model-ready-unknown",
            Group = Group,
            Title = "A model that is not there is not ready.",
            Source = Sources.Rest + "API Definitions, Model Ready",
            Check = UnknownReadyAsync,
        },
    ];

    private static async Task MetadataAsync(Trial trial)
    {
        JsonElement json = Expect.Good(await trial.GetAsync(trial.Model.Path).ConfigureAwait(false));
        ModelFacts facts = ModelFacts.Read(json, trial.Model.Spec);
        Expect.That(facts.Name == trial.Model.Name, $"'name' is '{facts.Name}', not '{trial.Model.Name}'.");
        Expect.That(Expect.Text(json, "platform").Length > 0, "The platform is empty.");
        Expect.That(facts.Outputs.Length > 0, "There is no output.");
        Expect.That(IsDistinct(facts.Inputs), "Two inputs have one name.");
        Expect.That(IsDistinct(facts.Outputs), "Two outputs have one name.");
    }

    private static bool IsDistinct(ImmutableArray<TensorFacts> tensors) =>
        tensors.Select(static tensor => tensor.Name).Distinct().Count() == tensors.Length;

    private static async Task VersionsAsync(Trial trial)
    {
        foreach (string version in trial.Model.Versions)
        {
            string path = $"{trial.Model.Path}/versions/{Uri.EscapeDataString(version)}";
            JsonElement json = Expect.Good(await trial.GetAsync(path).ConfigureAwait(false));
            Expect.That(Expect.Text(json, "name") == trial.Model.Name, "A version has another name.");
            Expect.Good(await trial.GetAsync($"{path}/ready").ConfigureAwait(false));
        }
    }

    private static async Task ReadyAsync(Trial trial)
    {
        JsonElement json = Expect.Good(await trial.GetAsync($"{trial.Model.Path}/ready").ConfigureAwait(false));
        Expect.That(Expect.Text(json, "name") == trial.Model.Name, "'name' is that of another model.");
        Expect.That(Expect.Boolean(json, "ready"), "The model is not ready.");
    }

    private static async Task UnknownReadyAsync(Trial trial)
    {
        HttpAnswer answer = await trial.GetAsync("/v2/models/no-such-model/ready").ConfigureAwait(false);
        Expect.That(
            answer.Status is >= 400 and < 500 || (answer.Status == 200 && !Expect.Boolean(answer.Json(), "ready")),
            $"The status is {answer.Status}.");
    }
}
