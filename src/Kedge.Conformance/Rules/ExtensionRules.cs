using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Triton's classification, schedule policy, statistics and model configuration.</summary>
internal static class ExtensionRules
{
    private const string Group = "extension";
    private const string StatisticsSource = Sources.Triton + "extension_statistics.md, ";

    private static readonly ImmutableArray<string> DurationNames =
        ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output"];

    internal static ImmutableArray<Rule> All { get; } =
    [
        new Rule
        {
            Id = "classification-top",
            Group = Group,
            Title = "An output with the parameter classification comes as its highest values, \"value:index\".",
            Source = Sources.Triton + "extension_classification.md, Classification Extension",
            Extension = "classification",
            Fits = IsRanked,
            Check = ClassifyAsync,
        },
        new Rule
        {
            Id = "classification-other-outputs",
            Group = Group,
            Title = "Outputs without the parameter come as they are.",
            Source = Sources.Triton + "extension_classification.md, HTTP/REST",
            Extension = "classification",
            Fits = static model => IsRanked(model) && model.Outputs.Length > 1,
            Check = ClassifyOneAsync,
        },
        new Rule
        {
            Id = "schedule-priority",
            Group = Group,
            Title = "A request may have a priority and a timeout in microseconds.",
            Source = Sources.Triton + "extension_schedule_policy.md, HTTP/REST",
            Extension = "schedule_policy",
            Check = static async trial =>
            {
                ModelFacts model = trial.AnyModel;
                (await trial.InferAsync(
                    model, model.SmallInputs(), "\"parameters\":{\"priority\":1,\"timeout\":10000000}")
                    .ConfigureAwait(false)).MustEqual(model.Answer(model.SmallInputs()));
            },
        },
        new Rule
        {
            Id = "statistics-form",
            Group = Group,
            Title = "Statistics of a model have counts and durations of every kind.",
            Source = StatisticsSource + "Statistics Response JSON Object",
            Extension = "statistics",
            Fits = static _ => true,
            Check = static async trial => Verify(await StatisticsAsync(trial, trial.Model).ConfigureAwait(false)),
        },
        new Rule
        {
            Id = "statistics-success",
            Group = Group,
            Title = "A request that succeeded is counted, with its time.",
            Source = StatisticsSource + "inference_count, success",
            Extension = "statistics",
            Check = CountSuccessAsync,
        },
        new Rule
        {
            Id = "statistics-all",
            Group = Group,
            Title = "Without a model in the address the statistics of every model come.",
            Source = StatisticsSource + "HTTP/REST",
            Extension = "statistics",
            Check = AllStatisticsAsync,
        },
        new Rule
        {
            Id = "statistics-version",
            Group = Group,
            Title = "Statistics can be asked for one version.",
            Source = StatisticsSource + "HTTP/REST",
            Extension = "statistics",
            Fits = static model => !model.Versions.IsEmpty,
            Check = VersionStatisticsAsync,
        },
        new Rule
        {
            Id = "statistics-unknown",
            Group = Group,
            Title = "Statistics of a model that is not there are refused with an error text.",
            Source = StatisticsSource + "Statistics Response JSON Error Object",
            Extension = "statistics",
            Check = static async trial =>
                Expect.Refusal(await trial.GetAsync("/v2/models/no-such-model/stats").ConfigureAwait(false)),
        },
        new Rule
        {
            Id = "config-form",
            Group = Group,
            Title = "A model's configuration has name, platform or backend, inputs and outputs with TYPE_ names.",
            Source = Sources.Triton + "extension_model_configuration.md, HTTP/REST; model_config.proto",
            Extension = "model_configuration",
            Fits = static _ => true,
            Check = ConfigAsync,
        },
        new Rule
        {
            Id = "config-unknown",
            Group = Group,
            Title = "The configuration of a model that is not there is refused with an error text.",
            Source = Sources.Triton + "extension_model_configuration.md, HTTP/REST",
            Extension = "model_configuration",
            Check = static async trial =>
                Expect.Refusal(await trial.GetAsync("/v2/models/no-such-model/config").ConfigureAwait(false)),
        },
    ];

    private static bool IsRanked(ModelFacts model) => model.Function != ModelFunction.Unknown
        && model.Inputs[0].Type is "INT32" or "FP32" && model.Function == ModelFunction.AddSub;

    private static async Task<InferAnswer> ClassifiedAsync(Trial trial, string outputs)
    {
        ImmutableArray<TensorValue> inputs = trial.Model.SmallInputs();
        HttpAnswer answer = await trial.PostAsync(trial.Model.InferPath, Bodies.Request(inputs, outputs))
            .ConfigureAwait(false);
        return InferAnswer.Read(answer, trial.Model, isClassified: true);
    }

    private static async Task ClassifyAsync(Trial trial)
    {
        TensorValue sums = (trial.Model.Answer(trial.Model.SmallInputs()) ?? [])[0];
        InferAnswer answer = await ClassifiedAsync(
            trial, Bodies.Output(sums.Name, "classification", "3")).ConfigureAwait(false);
        CheckClasses(answer.Output(sums.Name), sums, 3);
    }

    private static async Task ClassifyOneAsync(Trial trial)
    {
        ImmutableArray<TensorValue> right = trial.Model.Answer(trial.Model.SmallInputs()) ?? [];
        string outputs = Bodies.Output(right[0].Name, "classification", "2");
        InferAnswer answer = await ClassifiedAsync(
            trial, $"{outputs[..^1]},{{\"name\":{DataTypes.JsonText(right[1].Name)}}}]").ConfigureAwait(false);
        CheckClasses(answer.Output(right[0].Name), right[0], 2);
        string? difference = right[1].Differs(answer.Output(right[1].Name));
        Expect.That(difference is null, difference ?? "");
    }

    private static void CheckClasses(TensorValue classes, TensorValue values, int count)
    {
        Expect.That(classes.Type is "BYTES" or "STRING", $"Classes come as {classes.Type}, not BYTES.");
        Expect.That(
            classes.Elements.Length == count && classes.Shape[^1] == count,
            $"There are {classes.Elements.Length} classes, asked for {count}.");
        int[] best =
        [
            .. Enumerable.Range(0, values.Elements.Length)
                .OrderByDescending(index => DataTypes.ToReal(values.Type, values.Elements[index])),
        ];
        for (int rank = 0; rank < count; rank++)
        {
            string text = Encoding.UTF8.GetString(classes.Elements[rank]);
            string[] parts = text.Split(':', 3);
            Expect.That(parts.Length >= 2, $"A class is '{text}', not \"value:index\".");
            double value = double.Parse(parts[0], CultureInfo.InvariantCulture);
            double right = DataTypes.ToReal(values.Type, values.Elements[best[rank]]);
            Expect.That(
                Math.Abs(value - right) <= Math.Abs(right) * 1e-5 + 1e-6
                    && parts[1] == best[rank].ToString(CultureInfo.InvariantCulture),
                string.Create(
                    CultureInfo.InvariantCulture, $"Class {rank} is '{text}', expected {right}:{best[rank]}."));
        }
    }

    /// <summary>The statistics of a model's first version.</summary>
    private static async Task<JsonElement> StatisticsAsync(Trial trial, ModelFacts model)
    {
        JsonElement json = Expect.Good(await trial.GetAsync($"{model.Path}/stats").ConfigureAwait(false));
        ImmutableArray<JsonElement> all = Expect.List(json, "model_stats");
        Expect.That(
            !all.IsEmpty && all.All(one => Expect.Text(one, "name") == model.Name),
            "The list does not hold this model, or holds another.");
        return all[0];
    }

    private static void Verify(JsonElement statistics)
    {
        foreach (string name in new[] { "last_inference", "inference_count", "execution_count" })
        {
            Expect.That(Expect.Number(statistics, name) >= 0, $"'{name}' is negative.");
        }

        JsonElement durations = Expect.Field(statistics, "inference_stats");
        foreach (string name in DurationNames)
        {
            JsonElement one = Expect.Field(durations, name);
            Expect.That(Expect.Number(one, "count") >= 0, $"'{name}' has a negative count.");
            Expect.That(Expect.Number(one, "ns") >= 0, $"'{name}' has a negative time.");
        }

        foreach (JsonElement batch in Expect.List(statistics, "batch_stats"))
        {
            Expect.That(Expect.Number(batch, "batch_size") > 0, "A batch has no size.");
            Expect.Number(Expect.Field(batch, "compute_infer"), "count");
        }
    }

    private static async Task CountSuccessAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        JsonElement before = await StatisticsAsync(trial, model).ConfigureAwait(false);
        await trial.InferAsync(model, model.SmallInputs()).ConfigureAwait(false);
        JsonElement after = await StatisticsAsync(trial, model).ConfigureAwait(false);
        JsonElement Success(JsonElement all) => Expect.Field(Expect.Field(all, "inference_stats"), "success");
        Expect.That(
            Expect.Number(Success(after), "count") > Expect.Number(Success(before), "count"),
            "'success' did not grow.");
        Expect.That(
            Expect.Number(Success(after), "ns") > Expect.Number(Success(before), "ns"),
            "The time of 'success' did not grow.");
        Expect.That(
            Expect.Number(after, "last_inference") >= Expect.Number(before, "last_inference")
                && Expect.Number(after, "last_inference") > 0,
            "'last_inference' went back or is not set.");
    }

    private static async Task AllStatisticsAsync(Trial trial)
    {
        JsonElement json = Expect.Good(await trial.GetAsync("/v2/models/stats").ConfigureAwait(false));
        HashSet<string> names = [.. Expect.List(json, "model_stats").Select(static one => Expect.Text(one, "name"))];
        foreach (ModelFacts model in trial.Target.Models)
        {
            Expect.That(names.Contains(model.Name), $"'{model.Name}' is missing.");
        }
    }

    private static async Task VersionStatisticsAsync(Trial trial)
    {
        string version = trial.Model.Versions[0];
        JsonElement json = Expect.Good(await trial.GetAsync(
            $"{trial.Model.Path}/versions/{Uri.EscapeDataString(version)}/stats").ConfigureAwait(false));
        ImmutableArray<JsonElement> all = Expect.List(json, "model_stats");
        Expect.That(
            all.Length == 1 && Expect.Text(all[0], "version") == version, $"Not the one of version '{version}' came.");
    }

    private static async Task ConfigAsync(Trial trial)
    {
        JsonElement json = Expect.Good(await trial.GetAsync($"{trial.Model.Path}/config").ConfigureAwait(false));
        Expect.That(Expect.Text(json, "name") == trial.Model.Name, "'name' is that of another model.");
        Expect.That(
            json.TryGetProperty("platform", out _) || json.TryGetProperty("backend", out _),
            "There is neither 'platform' nor 'backend'.");
        Expect.That(Expect.Number(json, "max_batch_size") >= 0, "'max_batch_size' is negative.");
        CheckTensors(Expect.List(json, "input"), trial.Model.Inputs);
        CheckTensors(Expect.List(json, "output"), trial.Model.Outputs);
    }

    private static void CheckTensors(ImmutableArray<JsonElement> listed, ImmutableArray<TensorFacts> facts)
    {
        Expect.That(listed.Length == facts.Length, $"There are {listed.Length} tensors, metadata has {facts.Length}.");
        foreach (JsonElement tensor in listed)
        {
            TensorFacts? one = facts.FirstOrDefault(f => f.Name == Expect.Text(tensor, "name"));
            Expect.That(one is not null, $"'{Expect.Text(tensor, "name")}' is not in the metadata.");
            string type = one.Type == "BYTES" ? "TYPE_STRING" : $"TYPE_{one.Type}";
            Expect.That(Expect.Text(tensor, "data_type") == type, $"'data_type' is not {type}.");
            Expect.Numbers(tensor, "dims");
        }
    }
}
