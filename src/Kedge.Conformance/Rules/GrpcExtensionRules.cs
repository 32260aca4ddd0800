using System.Collections.Immutable;
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
        Of("grpc-config", "model_configuration", "ModelConfig has the model's name and its tensors.",
            Sources.Triton + "extension_model_configuration.md, GRPC", ConfigAsync),
        Of("grpc-repository-index", "model_repository", "RepositoryIndex lists every model as ready.",
            Sources.Triton + "extension_model_repository.md, GRPC", IndexAsync),
        Of("grpc-trace", "trace", "TraceSetting without settings tells them.",
            Sources.Triton + "extension_trace.md, GRPC", TraceAsync),
        Of("grpc-logging", "logging", "LogSettings without settings tells them.",
            Sources.Triton + "extension_logging.md, GRPC", LogAsync),
    ];

    private static Rule Of(string id, string extension, string title, string source, Func<Trial, Task> check) => new()
    {
        Id = id,
        Group = "grpc",
        Title = title,
        Source = source,
        Extension = extension,
        IsGrpc = true,
        Check = check,
    };

    private static async Task<ProtoMessage> AskAsync(Trial trial, string method, ProtoBytes message)
    {
        const int PermissionDenied = 7;
        GrpcAnswer answer = await trial.Grpc.CallAsync(method, message).ConfigureAwait(false);
        if (answer.Status is GrpcLink.Unimplemented or PermissionDenied)
        {
            throw new NotOfferedException($"The server does not do it over gRPC here, and says so: {answer.Words}");
        }

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
}
