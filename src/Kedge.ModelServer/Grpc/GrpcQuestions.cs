using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Grpc;

/// <summary>Answers the calls that ask about the server and its models.</summary>
internal sealed class GrpcQuestions(ServeContext context)
{
    private readonly byte[] _server = GrpcMessages.Server("kedge", context.ProgramVersion, [.. context.Extensions]);

    /// <summary>The bytes of the answer; null with what is wrong when there is none.</summary>
    internal byte[]? Answer(GrpcMethod method, ReadOnlySpan<byte> message, out Finding? fault)
    {
        if (!GrpcMessages.TryReadTexts(message, out string name, out string version))
        {
            fault = InferErrors.MessageInvalid.At("The bytes are no protobuf message with a name that can be one.");
            return null;
        }

        fault = null;
        return method switch
        {
            GrpcMethod.Live or GrpcMethod.Ready => GrpcMessages.Truth(value: true),
            GrpcMethod.HealthCheck => GrpcMessages.Health(isServing: true),
            GrpcMethod.ServerMetadata => _server,
            GrpcMethod.ModelReady => Find(name, version, out fault) is null
                ? Absent(ref fault)
                : GrpcMessages.Truth(value: true),
            GrpcMethod.ModelMetadata => Metadata(name, version, out fault),
            GrpcMethod.Infer or GrpcMethod.Stream or GrpcMethod.Unknown => throw Check.Unreachable(method),
        };
    }

    internal static Finding UnknownModel(ReadOnlySpan<char> name, ReadOnlySpan<char> version) =>
        InferErrors.ModelUnknown.At(
            version.IsEmpty ? $"There is no model {name}." : $"There is no model {name} version {version}.");

    private ServedModel? Find(string name, string version, out Finding? fault)
    {
        ServedModel? model = context.Table.Find(name, version);
        fault = model is null ? UnknownModel(name, version) : null;
        return model;
    }

    /// <summary>A model that is not there is not ready: that is the answer, and no failure.</summary>
    private static byte[] Absent(ref Finding? fault)
    {
        fault = null;
        return GrpcMessages.Truth(value: false);
    }

    private byte[]? Metadata(string name, string version, out Finding? fault)
    {
        ServedModel? model = Find(name, version, out fault);
        ImmutableArray<string> versions =
            [.. context.Table.Models.Where(other => other.Name == name).Select(static other => other.Version)];
        return model is null ? null : GrpcMessages.Model(model.Name, versions, model.Platform, model.Signature);
    }
}
