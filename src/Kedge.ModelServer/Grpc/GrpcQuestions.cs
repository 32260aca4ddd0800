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
            GrpcMethod.ModelConfig => Find(name, version, out fault)?.ConfigMessage,
            GrpcMethod.Statistics => Statistics(name, version, out fault),
            GrpcMethod.Infer or GrpcMethod.Stream or GrpcMethod.Unknown or GrpcMethod.RepositoryIndex
                or GrpcMethod.RepositoryLoad or GrpcMethod.RepositoryUnload or GrpcMethod.MemoryStatus
                or GrpcMethod.MemoryRegister or GrpcMethod.MemoryUnregister or GrpcMethod.TraceSetting
                or GrpcMethod.LogSettings => throw Check.Unreachable(method),
        };
    }

    /// <summary>Why a model that is asked for is not there; one that was unloaded by request says so.</summary>
    internal Finding UnknownModel(ReadOnlySpan<char> name, ReadOnlySpan<char> version) =>
        context.Repository?.Lists(name, version) == true ? ServeErrors.ModelUnloaded.At($"{name} was unloaded.")
        : InferErrors.ModelUnknown.At(
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

    /// <summary>Of one version, of every version of a model, or of all.</summary>
    private byte[]? Statistics(string name, string version, out Finding? fault)
    {
        fault = null;
        ServedModel? model = name.Length == 0 ? null : Find(name, version, out fault);
        return fault is not null ? null : GrpcStatistics.Write(
            context.Table.Of(model, everyVersion: version.Length == 0).Select(static one => one.ReadStatistics()));
    }
}
