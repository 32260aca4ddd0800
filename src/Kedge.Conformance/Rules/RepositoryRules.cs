using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Triton's model repository: index, load, unload.</summary>
internal static class RepositoryRules
{
    private const string Group = "repository";
    private const string Source = Sources.Triton + "extension_model_repository.md, ";
    private const string IndexPath = "/v2/repository/index";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("repository-index", "The index lists every model with its state.", "Index", IndexAsync),
        Of("repository-index-ready", "With ready the index lists models that are ready and no other.", "Index",
            IndexReadyAsync),
        Of("repository-unload-load", "A model that was unloaded is not ready and not asked; loaded again it answers.",
            "Load, Unload", UnloadLoadAsync, controls: true),
        Of("repository-load-again", "Loading a model that is loaded reloads it.", "Load", LoadAgainAsync,
            controls: true),
        Of("repository-load-unknown", "Loading a model that is not there is refused with an error text.", "Load",
            static async trial => Expect.Refusal(Allowed(
                await trial.PostAsync("/v2/repository/models/no-such-model/load", "").ConfigureAwait(false))),
            controls: true),
        Of("repository-unload-parameters", "Unloading takes the parameter unload_dependents.", "Unload",
            UnloadDependentsAsync, controls: true),
    ];

    private static Rule Of(string id, string title, string part, Func<Trial, Task> check, bool controls = false) =>
        new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = Source + part,
        Extension = "model_repository",
        Controls = controls,
        Check = check,
    };

    /// <summary>Servers may keep control for a socket of its own (Triton: restricted protocols).</summary>
    internal static HttpAnswer Allowed(HttpAnswer answer) => answer.Status is 401 or 403
        ? throw new NotOfferedException($"The server does not allow it here: {answer.Status}.")
        : answer;

    private static async Task<ImmutableArray<JsonElement>> ListAsync(Trial trial, string body)
    {
        JsonElement json = Expect.Good(Allowed(await trial.PostAsync(IndexPath, body).ConfigureAwait(false)));
        Expect.That(json.ValueKind == JsonValueKind.Array, "The index is no list.");
        return [.. json.EnumerateArray()];
    }

    private static async Task IndexAsync(Trial trial)
    {
        ImmutableArray<JsonElement> all = await ListAsync(trial, "").ConfigureAwait(false);
        foreach (ModelFacts model in trial.Target.Models)
        {
            JsonElement one = all.FirstOrDefault(item => Expect.Text(item, "name") == model.Name);
            Expect.That(one.ValueKind == JsonValueKind.Object, $"'{model.Name}' is missing.");
            Expect.That(Expect.Text(one, "state") == "READY", $"'{model.Name}' is {Expect.Text(one, "state")}.");
        }
    }

    private static async Task IndexReadyAsync(Trial trial)
    {
        ImmutableArray<JsonElement> ready = await ListAsync(trial, "{\"ready\":true}").ConfigureAwait(false);
        Expect.That(
            ready.All(static item => !item.TryGetProperty("state", out JsonElement state)
                || state.GetString() == "READY"),
            "A model that is not ready is listed.");
        Expect.That(
            trial.Target.Models.All(model => ready.Any(item => Expect.Text(item, "name") == model.Name)),
            "A model that is ready is missing.");
    }

    private static async Task ChangeAsync(Trial trial, ModelFacts model, string verb, string body = "")
    {
        HttpAnswer answer = Allowed(await trial.PostAsync(
            $"/v2/repository/models/{Uri.EscapeDataString(model.Name)}/{verb}", body).ConfigureAwait(false));
        Expect.Status(answer, 200);
    }

    private static async Task AnswersAsync(Trial trial, ModelFacts model)
    {
        ImmutableArray<TensorValue> inputs = model.SmallInputs();
        (await trial.InferAsync(model, inputs).ConfigureAwait(false)).MustEqual(model.Answer(inputs));
    }

    private static async Task UnloadLoadAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        await ChangeAsync(trial, model, "unload").ConfigureAwait(false);
        HttpAnswer ready;
        HttpAnswer infer;
        try
        {
            ready = await trial.GetAsync($"{model.Path}/ready").ConfigureAwait(false);
            infer = await trial.PostAsync(model.InferPath, Bodies.Request(model.SmallInputs())).ConfigureAwait(false);
        }
        finally
        {
            await ChangeAsync(trial, model, "load").ConfigureAwait(false);
        }

        await AnswersAsync(trial, model).ConfigureAwait(false);
        Expect.That(
            ready.Status >= 400 || !Expect.Boolean(ready.Json(), "ready"), "It was ready after it was unloaded.");
        Expect.That(infer.Status >= 400, "It answered after it was unloaded.");
        Expect.ErrorBody(infer);
    }

    private static async Task LoadAgainAsync(Trial trial)
    {
        await ChangeAsync(trial, trial.AnyModel, "load").ConfigureAwait(false);
        await AnswersAsync(trial, trial.AnyModel).ConfigureAwait(false);
    }

    private static async Task UnloadDependentsAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        await ChangeAsync(trial, model, "unload", "{\"parameters\":{\"unload_dependents\":false}}")
            .ConfigureAwait(false);
        await ChangeAsync(trial, model, "load", "{}").ConfigureAwait(false);
        await AnswersAsync(trial, model).ConfigureAwait(false);
    }
}
