using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Triton's extensions over gRPC: each tells the same as over REST, or UNIMPLEMENTED.</summary>
internal static class GrpcExtensionRules
{
    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("grpc-statistics", "statistics", "ModelStatistics counts a request that succeeded.",
            Sources.Triton + "extension_statistics.md, GRPC", StatisticsAsync),
        Of("grpc-statistics-all", "statistics", "ModelStatistics without a name counts every model.",
            Sources.Triton + "extension_statistics.md, GRPC", StatisticsOfAllAsync),
        Of("grpc-statistics-unknown", "statistics", "ModelStatistics of a model that is not there ends with an error.",
            Sources.Triton + "extension_statistics.md, GRPC",
            static trial => RefusedAsync(trial, "ModelStatistics", ProtoBytes.Empty.Text(1, "no-such-model"))),
        Of("grpc-config", "model_configuration", "ModelConfig has the model's name and its tensors.",
            Sources.Triton + "extension_model_configuration.md, GRPC", ConfigAsync),
        Of("grpc-config-rest", "model_configuration", "ModelConfig tells the same as the configuration over REST.",
            Sources.Triton + "extension_model_configuration.md, GRPC", ConfigAsRestAsync),
        Of("grpc-config-unknown", "model_configuration", "ModelConfig of a model that is not there ends with an error.",
            Sources.Triton + "extension_model_configuration.md, GRPC",
            static trial => RefusedAsync(trial, "ModelConfig", ProtoBytes.Empty.Text(1, "no-such-model"))),
        Of("grpc-repository-index", "model_repository", "RepositoryIndex lists every model as ready.",
            Sources.Triton + "extension_model_repository.md, GRPC", IndexAsync),
        Of("grpc-repository-index-ready", "model_repository", "RepositoryIndex with ready lists no model that is not.",
            Sources.Triton + "extension_model_repository.md, GRPC", IndexReadyAsync),
        Of("grpc-repository-unload-load", "model_repository",
            "A model that was unloaded is not ready and not asked; loaded again it answers.",
            Sources.Triton + "extension_model_repository.md, GRPC", UnloadLoadAsync, controls: true),
        Of("grpc-repository-load-unknown", "model_repository", "Loading a model that is not there ends with an error.",
            Sources.Triton + "extension_model_repository.md, GRPC",
            static trial => RefusedAsync(trial, "RepositoryModelLoad", ProtoBytes.Empty.Text(2, "no-such-model")),
            controls: true),
        Of("grpc-trace", "trace", "TraceSetting without settings tells them.",
            Sources.Triton + "extension_trace.md, GRPC", TraceAsync),
        Of("grpc-trace-set", "trace", "A trace setting that is sent is answered, and stays.",
            Sources.Triton + "extension_trace.md, GRPC", SetTraceAsync, controls: true),
        Of("grpc-trace-unknown", "trace", "A trace setting that is none ends with an error.",
            Sources.Triton + "extension_trace.md, GRPC",
            static trial => RefusedAsync(
                trial, "TraceSetting", Setting("no_such_setting", ProtoBytes.Empty.Text(1, "1"))), controls: true),
        Of("grpc-logging", "logging", "LogSettings without settings tells them.",
            Sources.Triton + "extension_logging.md, GRPC", LogAsync),
        Of("grpc-logging-set", "logging", "A log setting that is sent is answered, and stays.",
            Sources.Triton + "extension_logging.md, GRPC", SetLogAsync, controls: true),
        Of("grpc-logging-unknown", "logging", "A log setting that is none ends with an error.",
            Sources.Triton + "extension_logging.md, GRPC",
            static trial => RefusedAsync(
                trial, "LogSettings", Setting("no_such_setting", ProtoBytes.Empty.Number(1, 1))), controls: true),
        Of("grpc-shared-memory-status", "system_shared_memory", "SystemSharedMemoryStatus tells regions by name.",
            Sources.Triton + "extension_shared_memory.md, GRPC, System Shared Memory", SharedMemoryAsync),
        Of("grpc-shared-memory-unknown", "system_shared_memory",
            "SystemSharedMemoryStatus of a region that is not there ends with an error.",
            Sources.Triton + "extension_shared_memory.md, GRPC, System Shared Memory",
            static trial => RefusedAsync(
                trial, "SystemSharedMemoryStatus", ProtoBytes.Empty.Text(1, "no-such-region"))),
        Of("grpc-classification", "classification", "Classes of an output come highest first, as VALUE:INDEX.",
            Sources.Triton + "extension_classification.md, GRPC", ClassifyAsync),
        Of("grpc-priority-timeout", "schedule_policy", "A priority and a timeout that does not pass change no answer.",
            Sources.Triton + "extension_schedule_policy.md, GRPC", ScheduleAsync),
    ];

    private static Rule Of(
        string id, string extension, string title, string source, Func<Trial, Task> check, bool controls = false) =>
            new()
    {
        Id = id,
        Group = "grpc",
        Title = title,
        Source = source,
        Extension = extension,
        IsGrpc = true,
        Controls = controls,
        Check = check,
    };

    private static async Task<GrpcAnswer> CallAsync(Trial trial, string method, ProtoBytes message)
    {
        const int PermissionDenied = 7;
        GrpcAnswer answer = await trial.Grpc.CallAsync(method, message).ConfigureAwait(false);
        return answer.Status is not (GrpcLink.Unimplemented or PermissionDenied)
            ? answer
            : throw new NotOfferedException(
                $"The server does not do it over gRPC here, and says so: {answer.Words}");
    }

    private static async Task RefusedAsync(Trial trial, string method, ProtoBytes message)
    {
        GrpcAnswer answer = await CallAsync(trial, method, message).ConfigureAwait(false);
        Expect.That(answer.Status != GrpcLink.Ok, "The call succeeded.");
        Expect.That(answer.Words.Length > 0, "There is no grpc-message.");
    }

    private static async Task<ProtoMessage> AskAsync(Trial trial, string method, ProtoBytes message)
    {
        GrpcAnswer answer = await CallAsync(trial, method, message).ConfigureAwait(false);
        Expect.That(answer.Status == GrpcLink.Ok, $"grpc-status is {answer.Status}: {answer.Words}");
        Expect.That(answer.Messages.Length == 1, $"{answer.Messages.Length} messages came, not one.");
        return new ProtoMessage(answer.Messages[0]);
    }

    private static async Task StatisticsAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        async Task<long> CountAsync()
        {
            ProtoMessage answer = await AskAsync(trial, "ModelStatistics", ProtoBytes.Empty.Text(1, model.Name))
                .ConfigureAwait(false);
            ImmutableArray<ProtoMessage> all = [.. answer.Messages(1)];
            Expect.That(!all.IsEmpty && all[0].Text(1) == model.Name, "The model is missing.");
            return all.Sum(static one => one.Messages(6).Sum(
                static inference => inference.Messages(1).Sum(static success => success.Number(1))));
        }

        long before = await CountAsync().ConfigureAwait(false);
        await trial.Grpc.AskAsync("ModelInfer", GrpcBodies.Raw(model, model.SmallInputs())).ConfigureAwait(false);
        Expect.That(await CountAsync().ConfigureAwait(false) > before, "'success' did not grow.");
    }

    private static async Task ConfigAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ProtoMessage answer = await AskAsync(trial, "ModelConfig", ProtoBytes.Empty.Text(1, model.Name))
            .ConfigureAwait(false);
        ProtoMessage config = answer.Messages(1).FirstOrDefault() ?? new ProtoMessage([]);
        Expect.That(config.Text(1) == model.Name, $"The name is '{config.Text(1)}'.");
        Expect.That(
            config.Messages(5).Select(static one => one.Text(1)).SequenceEqual(model.Inputs.Select(static i => i.Name)),
            "The inputs are not those of metadata.");
        Expect.That(
            config.Messages(6).Select(static one => one.Text(1))
                .SequenceEqual(model.Outputs.Select(static o => o.Name)),
            "The outputs are not those of metadata.");
    }

    private static async Task IndexAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "RepositoryIndex", ProtoBytes.Empty).ConfigureAwait(false);
        foreach (ModelFacts model in trial.Target.Models)
        {
            Expect.That(
                answer.Messages(1).Any(one => one.Text(1) == model.Name && one.Text(3) == "READY"),
                $"'{model.Name}' is missing or not READY.");
        }
    }

    private static async Task TraceAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "TraceSetting", ProtoBytes.Empty).ConfigureAwait(false);
        Expect.That(answer.Messages(1).Any(static one => one.Text(1) == "trace_rate"), "'trace_rate' is missing.");
    }

    private static async Task LogAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "LogSettings", ProtoBytes.Empty).ConfigureAwait(false);
        Expect.That(
            answer.Messages(1).Any(static one => one.Text(1) == "log_verbose_level"),
            "'log_verbose_level' is missing.");
    }

    private static async Task StatisticsOfAllAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "ModelStatistics", ProtoBytes.Empty).ConfigureAwait(false);
        foreach (ModelFacts model in trial.Target.Models)
        {
            Expect.That(
                answer.Messages(1).Any(one => one.Text(1) == model.Name), $"'{model.Name}' is missing.");
        }
    }

    private static async Task ConfigAsRestAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ProtoMessage answer = await AskAsync(trial, "ModelConfig", ProtoBytes.Empty.Text(1, model.Name))
            .ConfigureAwait(false);
        ProtoMessage config = answer.Messages(1).FirstOrDefault() ?? new ProtoMessage([]);
        JsonElement rest = Expect.Good(await trial.GetAsync($"{model.Path}/config").ConfigureAwait(false));
        Expect.That(config.Text(2) == Expect.Text(rest, "platform"), $"The platform is '{config.Text(2)}'.");
        Expect.That(config.Text(17) == Expect.Text(rest, "backend"), $"The backend is '{config.Text(17)}'.");
        Expect.That(
            config.Number(4) == Expect.Number(rest, "max_batch_size"), $"'max_batch_size' is {config.Number(4)}.");
        ImmutableArray<JsonElement> inputs = [.. Expect.Field(rest, "input").EnumerateArray()];
        Expect.That(config.Messages(5).Count == inputs.Length, "The inputs are not those of REST.");
        foreach ((ProtoMessage input, JsonElement one) in config.Messages(5).Zip(inputs))
        {
            Expect.That(
                input.Numbers(4).SequenceEqual(
                    Expect.Field(one, "dims").EnumerateArray().Select(static dimension => dimension.GetInt64())),
                $"The dims of '{input.Text(1)}' are {string.Join(", ", input.Numbers(4))}.");
        }
    }

    private static async Task IndexReadyAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "RepositoryIndex", ProtoBytes.Empty.Number(2, 1))
            .ConfigureAwait(false);
        Expect.That(
            answer.Messages(1).All(static one => one.Text(3) is "READY" or ""), "A model that is not ready is listed.");
        Expect.That(
            trial.Target.Models.All(model => answer.Messages(1).Any(one => one.Text(1) == model.Name)),
            "A model that is ready is missing.");
    }

    private static async Task UnloadLoadAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ProtoBytes named = ProtoBytes.Empty.Text(2, model.Name);
        await AskAsync(trial, "RepositoryModelUnload", named).ConfigureAwait(false);
        GrpcAnswer infer;
        GrpcAnswer ready;
        try
        {
            infer = await trial.Grpc.CallAsync("ModelInfer", GrpcBodies.Typed(model, model.SmallInputs()))
                .ConfigureAwait(false);
            ready = await trial.Grpc.CallAsync("ModelReady", ProtoBytes.Empty.Text(1, model.Name))
                .ConfigureAwait(false);
        }
        finally
        {
            await AskAsync(trial, "RepositoryModelLoad", named).ConfigureAwait(false);
        }

        await trial.Grpc.AskAsync("ModelInfer", GrpcBodies.Typed(model, model.SmallInputs())).ConfigureAwait(false);
        Expect.That(infer.Status != GrpcLink.Ok, "It answered after it was unloaded.");
        Expect.That(
            ready.Status != GrpcLink.Ok || !new ProtoMessage(ready.Messages[0]).Flag(1),
            "It was ready after it was unloaded.");
    }

    private static ProtoBytes Setting(string name, ProtoBytes value) =>
        ProtoBytes.Empty.Message(1, ProtoBytes.Empty.Text(1, name).Message(2, value));

    private static ProtoMessage ValueOf(ProtoMessage answer, string name) =>
        answer.Messages(1).FirstOrDefault(one => one.Text(1) == name)?.Messages(2).FirstOrDefault()
            ?? throw new RuleBrokenException($"'{name}' is missing.");

    private static async Task SetTraceAsync(Trial trial)
    {
        string old = ValueOf(
            await AskAsync(trial, "TraceSetting", ProtoBytes.Empty).ConfigureAwait(false), "trace_rate").Text(1);
        string other = old == "500" ? "501" : "500";
        ProtoMessage after = await AskAsync(
            trial, "TraceSetting", Setting("trace_rate", ProtoBytes.Empty.Text(1, other))).ConfigureAwait(false);
        ProtoMessage stayed = await AskAsync(trial, "TraceSetting", ProtoBytes.Empty).ConfigureAwait(false);
        await AskAsync(trial, "TraceSetting", Setting("trace_rate", ProtoBytes.Empty.Text(1, old)))
            .ConfigureAwait(false);
        Expect.That(ValueOf(after, "trace_rate").Text(1) == other, "The answer has the old setting.");
        Expect.That(ValueOf(stayed, "trace_rate").Text(1) == other, "The setting has not stayed.");
    }

    private static async Task SetLogAsync(Trial trial)
    {
        long old = ValueOf(
            await AskAsync(trial, "LogSettings", ProtoBytes.Empty).ConfigureAwait(false), "log_verbose_level")
                .Number(2);
        long other = old == 0 ? 1 : 0;
        ProtoMessage after = await AskAsync(
            trial, "LogSettings", Setting("log_verbose_level", ProtoBytes.Empty.Number(2, other)))
            .ConfigureAwait(false);
        ProtoMessage stayed = await AskAsync(trial, "LogSettings", ProtoBytes.Empty).ConfigureAwait(false);
        await AskAsync(trial, "LogSettings", Setting("log_verbose_level", ProtoBytes.Empty.Number(2, old)))
            .ConfigureAwait(false);
        Expect.That(ValueOf(after, "log_verbose_level").Number(2) == other, "The answer has the old setting.");
        Expect.That(ValueOf(stayed, "log_verbose_level").Number(2) == other, "The setting has not stayed.");
    }

    private static async Task SharedMemoryAsync(Trial trial)
    {
        ProtoMessage answer = await AskAsync(trial, "SystemSharedMemoryStatus", ProtoBytes.Empty)
            .ConfigureAwait(false);
        Expect.That(
            answer.Messages(1).All(static one => one.Messages(2).All(region => region.Text(1) == one.Text(1))),
            "A region has another name than its key.");
    }

    private static async Task ClassifyAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ProtoBytes output = ProtoBytes.Empty.Text(1, model.Outputs[0].Name).Message(
            2, ProtoBytes.Empty.Text(1, "classification").Message(2, ProtoBytes.Empty.Number(2, 2)));
        ProtoMessage answer = await trial.Grpc.AskAsync(
            "ModelInfer", GrpcBodies.Raw(model, model.SmallInputs()).Message(6, output)).ConfigureAwait(false);
        TensorValue classes = GrpcBodies.Outputs(answer)[0];
        Expect.That(classes.Type == "BYTES", $"The datatype is {classes.Type}.");
        ImmutableArray<double> values = [.. classes.Elements.Select(static element =>
        {
            string text = System.Text.Encoding.UTF8.GetString(element);
            return double.TryParse(
                text.Split(':')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && text.Contains(':', StringComparison.Ordinal)
                ? value
                : throw new RuleBrokenException($"'{text}' is no VALUE:INDEX.");
        })];
        Expect.That(values.SequenceEqual(values.OrderDescending()), "The highest is not first.");
    }

    private static async Task ScheduleAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        ProtoBytes Parameter(string name, long value) =>
            ProtoBytes.Empty.Text(1, name).Message(2, ProtoBytes.Empty.Number(2, value));
        ProtoMessage answer = await trial.Grpc.AskAsync(
            "ModelInfer",
            GrpcBodies.Typed(model, model.SmallInputs())
                .Message(4, Parameter("priority", 1)).Message(4, Parameter("timeout", 20_000_000)))
            .ConfigureAwait(false);
        Expect.That(GrpcBodies.Outputs(answer).Length == model.Outputs.Length, "Outputs are missing.");
    }
}
