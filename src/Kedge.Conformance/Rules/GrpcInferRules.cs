using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using Kedge.Conformance.Models;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Inference over gRPC: single calls and streams.</summary>
internal static class GrpcInferRules
{
    private const string Group = "grpc";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("grpc-infer-raw", "Data in raw_input_contents is taken, and the answer is right.",
            "ModelInferRequest.raw_input_contents", RawAsync, static model => model.Function != ModelFunction.Unknown),
        Of("grpc-infer-typed", "Data in the field of its type is taken, and the answer is right.",
            "InferTensorContents", TypedAsync,
            static model => model.Function != ModelFunction.Unknown && InferRules.CanSpeakJson(model)),
        Of("grpc-infer-id", "The id of a request comes back.", "ModelInferRequest.id", IdAsync),
        Of("grpc-infer-version", "The version that answered is named; one can be asked for.",
            "ModelInferRequest.model_version", VersionAsync),
        Of("grpc-infer-outputs", "With a list of outputs those come and no other.", "ModelInferRequest.outputs",
            OutputsAsync),
        Of("grpc-infer-split", "A message may come in any pieces.", "gRPC over HTTP2, DATA frames", SplitAsync),
        Of("grpc-infer-gzip", "A message may be compressed with gzip.", "gRPC over HTTP2, Message-Encoding", GzipAsync),
        Of("grpc-infer-timeout", "A call with a deadline that does not pass is answered.", "gRPC over HTTP2, Timeout",
            static async trial => Check(trial, await trial.Grpc.SendAsync(
                "ModelInfer", Frame(trial), int.MaxValue, ("grpc-timeout", "20S")).ConfigureAwait(false))),
        Wrong("grpc-infer-missing", "A request without one of the inputs ends with INVALID_ARGUMENT.",
            static model => GrpcBodies.Typed(model, model.SmallInputs().Skip(1))),
        Wrong("grpc-infer-input-unknown", "An input that the model does not have ends with INVALID_ARGUMENT.",
            static model => GrpcBodies.Typed(
                model, model.SmallInputs().Append(model.SmallInputs()[0] with { Name = "no-such-input" }))),
        Wrong("grpc-infer-output-unknown", "An output that the model does not have ends with INVALID_ARGUMENT.",
            static model => GrpcBodies.Typed(model, model.SmallInputs())
                .Message(6, ProtoBytes.Empty.Text(1, "no-such-output"))),
        Wrong("grpc-infer-datatype", "A datatype other than the model's ends with INVALID_ARGUMENT.",
            static model => GrpcBodies.Raw(
                model, model.SmallInputs().Select(static input => input with { Type = "FP64" }))),
        Wrong("grpc-infer-raw-size", "Raw contents that do not fit the shape end with INVALID_ARGUMENT.",
            static model =>
            {
                ProtoBytes request = GrpcBodies.Head(model, "");
                ImmutableArray<TensorValue> inputs = model.SmallInputs();
                foreach (TensorValue input in inputs)
                {
                    request.Message(5, GrpcBodies.Input(input));
                }

                foreach (TensorValue input in inputs)
                {
                    request.Bytes(7, input.ToBinary().AsSpan(1));
                }

                return request;
            }),
        Wrong("grpc-infer-raw-count", "Raw contents of fewer inputs than there are end with INVALID_ARGUMENT.",
            static model => GrpcBodies.Head(model, "").Message(5, GrpcBodies.Input(model.SmallInputs()[0]))
                .Message(5, GrpcBodies.Input(model.SmallInputs()[^1])).Bytes(7, model.SmallInputs()[0].ToBinary())),
        Wrong("grpc-infer-both", "Raw contents beside contents end with INVALID_ARGUMENT.",
            static model =>
            {
                ProtoBytes request = GrpcBodies.Typed(model, model.SmallInputs());
                foreach (TensorValue input in model.SmallInputs())
                {
                    request.Bytes(7, input.ToBinary());
                }

                return request;
            }),
        Of("grpc-stream", "A stream answers every request in order.", "Triton grpc_service.proto, ModelStreamInfer",
            StreamAsync),
        Of("grpc-stream-fault", "A wrong request in a stream is told, and the stream goes on.",
            "Triton grpc_service.proto, ModelStreamInferResponse.error_message", StreamFaultAsync),
    ];

    private static Rule Of(
        string id, string title, string part, Func<Trial, Task> check, Func<ModelFacts, bool>? fits = null) => new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = part.StartsWith("Triton", StringComparison.Ordinal) ? part : Sources.Grpc + part,
        IsGrpc = true,
        Fits = fits,
        Check = check,
    };

    private static Rule Wrong(string id, string title, Func<ModelFacts, ProtoBytes> request) =>
        Of(id, title, "ModelInfer", async trial =>
        {
            GrpcAnswer answer = await trial.Grpc.CallAsync("ModelInfer", request(trial.AnyModel)).ConfigureAwait(false);
            Expect.That(
                answer.Status == GrpcLink.InvalidArgument,
                $"grpc-status is {answer.Status}, not {GrpcLink.InvalidArgument}: {answer.Words}");
            Expect.That(answer.Words.Length > 0, "There is no grpc-message.");
        });

    private static byte[] Frame(Trial trial, string id = "") => GrpcLink.Frame(
        GrpcBodies.Typed(trial.AnyModel, trial.AnyModel.SmallInputs(), id).ToArray());

    private static void Check(Trial trial, GrpcAnswer answer)
    {
        Expect.That(answer.Status == GrpcLink.Ok, $"grpc-status is {answer.Status}: {answer.Words}");
        Expect.That(answer.Messages.Length == 1, $"{answer.Messages.Length} messages came, not one.");
        MustEqual(new ProtoMessage(answer.Messages[0]), trial.AnyModel, trial.AnyModel.SmallInputs());
    }

    private static void MustEqual(ProtoMessage answer, ModelFacts model, ImmutableArray<TensorValue> inputs)
    {
        Expect.That(answer.Text(1) == model.Name, $"model_name is '{answer.Text(1)}'.");
        new InferAnswer(default, GrpcBodies.Outputs(answer), []).MustEqual(model.Answer(inputs));
    }

    private static ImmutableArray<TensorValue> Samples(ModelFacts model)
    {
        if (model.Function != ModelFunction.Identity)
        {
            return model.SmallInputs(first: 2);
        }

        ImmutableArray<byte[]> samples = DataTypes.Samples(model.Inputs[0].Type);
        return [model.Inputs[0].Fill(samples.Length, index => samples[index % samples.Length])];
    }

    private static async Task RawAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = Samples(trial.Model);
        MustEqual(
            await trial.Grpc.AskAsync("ModelInfer", GrpcBodies.Raw(trial.Model, inputs)).ConfigureAwait(false),
            trial.Model, inputs);
    }

    private static async Task TypedAsync(Trial trial)
    {
        ImmutableArray<TensorValue> inputs = Samples(trial.Model);
        MustEqual(
            await trial.Grpc.AskAsync("ModelInfer", GrpcBodies.Typed(trial.Model, inputs)).ConfigureAwait(false),
            trial.Model, inputs);
    }

    private static async Task IdAsync(Trial trial)
    {
        ProtoMessage answer = await trial.Grpc.AskAsync(
            "ModelInfer", GrpcBodies.Typed(trial.AnyModel, trial.AnyModel.SmallInputs(), "id \u20ac"))
            .ConfigureAwait(false);
        Expect.That(answer.Text(3) == "id \u20ac", $"The id is '{answer.Text(3)}'.");
    }

    private static async Task VersionAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        foreach (string version in model.Versions)
        {
            ProtoMessage answer = await trial.Grpc.AskAsync(
                "ModelInfer", GrpcBodies.Typed(model, model.SmallInputs()).Text(2, version)).ConfigureAwait(false);
            Expect.That(answer.Text(2) == version, $"model_version is '{answer.Text(2)}', not '{version}'.");
        }
    }

    private static async Task OutputsAsync(Trial trial)
    {
        ModelFacts model = trial.AnyModel;
        foreach (TensorFacts output in model.Outputs)
        {
            ProtoMessage answer = await trial.Grpc.AskAsync(
                "ModelInfer",
                GrpcBodies.Typed(model, model.SmallInputs()).Message(6, ProtoBytes.Empty.Text(1, output.Name)))
                .ConfigureAwait(false);
            ImmutableArray<TensorValue> got = GrpcBodies.Outputs(answer);
            Expect.That(got.Length == 1 && got[0].Name == output.Name, $"Asked for '{output.Name}' alone.");
        }
    }

    private static async Task SplitAsync(Trial trial)
    {
        foreach (int pieceBytes in new[] { 1, 3, 64 })
        {
            Check(trial, await trial.Grpc.SendAsync("ModelInfer", Frame(trial), pieceBytes).ConfigureAwait(false));
        }
    }

    private static async Task GzipAsync(Trial trial)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(GrpcBodies.Typed(trial.AnyModel, trial.AnyModel.SmallInputs()).ToArray());
        }

        GrpcAnswer answer = await trial.Grpc.SendAsync(
            "ModelInfer", GrpcLink.Frame(packed.ToArray(), isCompressed: true), int.MaxValue, ("grpc-encoding", "gzip"))
            .ConfigureAwait(false);
        if (answer.Status == GrpcLink.Unimplemented)
        {
            throw new NotOfferedException("The server does not take gzip, and says so.");
        }

        Check(trial, answer);
    }

    private static async Task<ImmutableArray<ProtoMessage>> StreamedAsync(Trial trial, byte[] frames)
    {
        GrpcAnswer answer = await trial.Grpc.SendAsync("ModelStreamInfer", frames).ConfigureAwait(false);
        if (answer.Status == GrpcLink.Unimplemented)
        {
            throw new NotOfferedException("The server has no streams, and says so.");
        }

        Expect.That(answer.Status == GrpcLink.Ok, $"grpc-status is {answer.Status}: {answer.Words}");
        return [.. answer.Messages.Select(static message => new ProtoMessage(message))];
    }

    private static async Task StreamAsync(Trial trial)
    {
        byte[] frames = [.. Enumerable.Range(0, 5).SelectMany(
            i => Frame(trial, i.ToString(CultureInfo.InvariantCulture)))];
        ImmutableArray<ProtoMessage> answers = await StreamedAsync(trial, frames).ConfigureAwait(false);
        Expect.That(answers.Length == 5, $"{answers.Length} answers came to 5 requests.");
        for (int i = 0; i < answers.Length; i++)
        {
            Expect.That(answers[i].Text(1).Length == 0, $"A right request was refused: {answers[i].Text(1)}");
            ProtoMessage one = answers[i].Messages(2).First();
            Expect.That(one.Text(3) == i.ToString(CultureInfo.InvariantCulture), "The answers are out of order.");
            MustEqual(one, trial.AnyModel, trial.AnyModel.SmallInputs());
        }
    }

    private static async Task StreamFaultAsync(Trial trial)
    {
        byte[] wrong = GrpcLink.Frame(ProtoBytes.Empty.Text(1, "no-such-model").Text(3, "wrong").ToArray());
        byte[] frames = [.. Frame(trial, "before"), .. wrong, .. Frame(trial, "after")];
        ImmutableArray<ProtoMessage> answers = await StreamedAsync(trial, frames).ConfigureAwait(false);
        Expect.That(answers.Length == 3, $"{answers.Length} answers came to 3 requests.");
        Expect.That(answers[1].Text(1).Length > 0, "The wrong request was not told.");
        Expect.That(answers[2].Text(1).Length == 0, $"The request after it was refused: {answers[2].Text(1)}");
        MustEqual(answers[2].Messages(2).First(), trial.AnyModel, trial.AnyModel.SmallInputs());
    }
}
