using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Health and metadata over gRPC, and how calls end that cannot be right.</summary>
internal static class GrpcRules
{
    private const string Group = "grpc";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("grpc-live", "ServerLive says live.", "ServerLive", static async trial => Expect.That(
            (await trial.Grpc.AskAsync("ServerLive", ProtoBytes.Empty).ConfigureAwait(false)).Flag(1), "Not live.")),
        Of("grpc-ready", "ServerReady says ready.", "ServerReady", static async trial => Expect.That(
            (await trial.Grpc.AskAsync("ServerReady", ProtoBytes.Empty).ConfigureAwait(false)).Flag(1), "Not ready.")),
        Of("grpc-metadata", "ServerMetadata tells the same as GET /v2.", "ServerMetadata", MetadataAsync),
        Of("grpc-model-ready", "ModelReady says ready, with and without a version.", "ModelReady", ModelReadyAsync,
            static _ => true),
        Of("grpc-model-metadata", "ModelMetadata tells the same as GET of the model.", "ModelMetadata",
            ModelMetadataAsync, static _ => true),
        Ends("grpc-model-metadata-unknown", "Metadata of a model that is not there end with NOT_FOUND.",
            "ModelMetadata", static () => ProtoBytes.Empty.Text(1, "no-such-model"), GrpcLink.NotFound),
        Ends("grpc-infer-unknown", "Inference with a model that is not there ends with NOT_FOUND.",
            "ModelInfer", static () => ProtoBytes.Empty.Text(1, "no-such-model"), GrpcLink.NotFound),
        Ends("grpc-method-unknown", "A method that is none ends with UNIMPLEMENTED.",
            "NoSuchMethod", static () => ProtoBytes.Empty, GrpcLink.Unimplemented),
        Of("grpc-no-message", "Bytes that are no message end the call with an error.",
            "gRPC over HTTP2, Responses", static async trial =>
            {
                GrpcAnswer answer = await trial.Grpc.SendAsync(
                    "ModelInfer", GrpcLink.Frame([0xFF, 0xFF, 0xFF, 0xFF, 0xFF])).ConfigureAwait(false);
                Expect.That(answer.Status != GrpcLink.Ok, "The call succeeded.");
            }),
        Of("grpc-message-cut-off", "A message that is cut off ends the call with an error.",
            "gRPC over HTTP2, Length-Prefixed-Message", static async trial =>
            {
                GrpcAnswer answer = await trial.Grpc.SendAsync(
                    "ModelInfer", GrpcLink.Frame(new byte[40])[..20]).ConfigureAwait(false);
                Expect.That(answer.Status != GrpcLink.Ok, "The call succeeded.");
            }),
        Of("grpc-unknown-fields", "Fields that a server does not know are skipped.", "proto3, unknown fields",
            static async trial => Expect.That(
                (await trial.Grpc.AskAsync("ServerLive", ProtoBytes.Empty.Number(900, 1).Text(901, "new"))
                    .ConfigureAwait(false)).Flag(1), "Not live.")),
    ];

    private static Rule Of(
        string id, string title, string part, Func<Trial, Task> check, Func<ModelFacts, bool>? fits = null) => new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = Sources.Grpc + part,
        IsGrpc = true,
        Fits = fits,
        Check = check,
    };

    private static Rule Ends(string id, string title, string method, Func<ProtoBytes> message, int status) =>
        Of(id, title, method, async trial =>
        {
            GrpcAnswer answer = await trial.Grpc.CallAsync(method, message()).ConfigureAwait(false);
            Expect.That(answer.Status == status, $"grpc-status is {answer.Status}, not {status}: {answer.Words}");
            Expect.That(answer.Words.Length > 0, "There is no grpc-message.");
        });

    private static async Task MetadataAsync(Trial trial)
    {
        JsonElement rest = Expect.Good(await trial.GetAsync("/v2").ConfigureAwait(false));
        ProtoMessage grpc = await trial.Grpc.AskAsync("ServerMetadata", ProtoBytes.Empty).ConfigureAwait(false);
        Expect.That(grpc.Text(1) == Expect.Text(rest, "name"), $"The name is '{grpc.Text(1)}'.");
        Expect.That(grpc.Text(2) == Expect.Text(rest, "version"), $"The version is '{grpc.Text(2)}'.");
        Expect.That(
            grpc.Texts(3).Order().SequenceEqual(Expect.Texts(rest, "extensions").Order()),
            $"The extensions are {string.Join(", ", grpc.Texts(3))}.");
    }

    private static async Task ModelReadyAsync(Trial trial)
    {
        foreach (string version in trial.Model.Versions.Prepend(""))
        {
            ProtoMessage answer = await trial.Grpc.AskAsync(
                "ModelReady", ProtoBytes.Empty.Text(1, trial.Model.Name).Text(2, version)).ConfigureAwait(false);
            Expect.That(answer.Flag(1), $"Version '{version}' is not ready.");
        }
    }

    private static async Task ModelMetadataAsync(Trial trial)
    {
        ProtoMessage answer = await trial.Grpc.AskAsync(
            "ModelMetadata", ProtoBytes.Empty.Text(1, trial.Model.Name)).ConfigureAwait(false);
        Expect.That(answer.Text(1) == trial.Model.Name, $"The name is '{answer.Text(1)}'.");
        Expect.That(answer.Texts(2).SequenceEqual(trial.Model.Versions), "The versions are not those of REST.");
        Expect.That(answer.Text(3).Length > 0, "The platform is empty.");
        Same(answer.Messages(4), trial.Model.Inputs);
        Same(answer.Messages(5), trial.Model.Outputs);
    }

    private static void Same(List<ProtoMessage> listed, ImmutableArray<TensorFacts> facts)
    {
        Expect.That(listed.Count == facts.Length, $"{listed.Count} tensors, REST has {facts.Length}.");
        foreach ((ProtoMessage tensor, TensorFacts one) in listed.Zip(facts))
        {
            Expect.That(
                tensor.Text(1) == one.Name && tensor.Text(2) == one.Type && tensor.Numbers(3).SequenceEqual(one.Shape),
                $"'{tensor.Text(1)}' {tensor.Text(2)} is not '{one.Name}' {one.Type}.");
        }
    }
}
