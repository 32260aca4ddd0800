using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Regions;
using Kedge.ModelServer.Control;
using Kedge.ModelServer.Http;

namespace Kedge.ModelServer.Grpc;

/// <summary>Answers over gRPC what <see cref="ServerControl"/> does. None of this is asked often.</summary>
internal sealed class GrpcControl(ServeContext context)
{
    private readonly ServerControl _control = new(context);

    /// <summary>Why a call is not for this socket; null where it may be asked.</summary>
    internal Finding? Refuse(GrpcMethod method, Exchange exchange) =>
        GrpcMethods.AreaOf(method) is { } area ? _control.Refuse(area, exchange.IsOwn) : null;

    /// <summary>Answers a call that may be asked.</summary>
    internal Task AnswerAsync(in GrpcReply reply, GrpcMethod method, ReadOnlySpan<byte> message)
    {
        switch (method)
        {
            case GrpcMethod.RepositoryLoad:
                Finding? broken = GrpcRepository.ReadLoad(message, out string name);
                return broken is null
                    ? EndAsync(reply, _control.LoadAsync(name, reply.Exchange.Gone))
                    : reply.Fail(broken);
            case GrpcMethod.RepositoryUnload:
                broken = GrpcRepository.ReadUnload(message, out name, out bool dependents);
                return broken is null
                    ? EndAsync(reply, _control.UnloadAsync(name, dependents, reply.Exchange.Gone))
                    : reply.Fail(broken);
            default:
                Finding? fault = Answer(method, message, out byte[] answer);
                return fault is null ? reply.Send(answer) : reply.Fail(fault);
        }
    }

    private Finding? Answer(GrpcMethod method, ReadOnlySpan<byte> message, out byte[] answer)
    {
        answer = [];
        Finding? fault;
        switch (method)
        {
            case GrpcMethod.RepositoryIndex:
                fault = GrpcRepository.ReadIndex(message, out bool onlyReady);
                answer = fault is null ? GrpcRepository.WriteIndex(_control.Index(onlyReady)) : [];
                return fault;
            case GrpcMethod.TraceSetting:
                fault = GrpcSettings.ReadTrace(message, out string model, out byte[]? change);
                fault ??= _control.ChangeTrace(model, change);
                answer = fault is null ? GrpcSettings.WriteTrace(_control.ReadTrace(model)) : [];
                return fault;
            case GrpcMethod.LogSettings:
                fault = GrpcSettings.ReadLog(message, out change) ?? _control.ChangeLog(change);
                answer = fault is null ? GrpcSettings.WriteLog(_control.ReadLog()) : [];
                return fault;
            case GrpcMethod.MemoryRegister:
                return ServerControl.RefuseRegion();
            case GrpcMethod.MemoryStatus or GrpcMethod.MemoryUnregister:
                return AnswerMemory(method, message, out answer);
            default:
                throw Check.Unreachable(method);
        }
    }

    private Finding? AnswerMemory(GrpcMethod method, ReadOnlySpan<byte> message, out byte[] answer)
    {
        answer = [];
        if (!GrpcMessages.TryReadTexts(message, out string name, out _))
        {
            return InferErrors.MessageInvalid.At("The bytes are no protobuf message with a name that can be one.");
        }

        if (method == GrpcMethod.MemoryUnregister)
        {
            _control.Unregister(name);
            return null;
        }

        Finding? fault = _control.FindRegions(name, out ImmutableArray<SharedRegion> found);
        answer = fault is null ? GrpcRegions.WriteStatus(found) : [];
        return fault;
    }

    private static async Task EndAsync(GrpcReply reply, ValueTask<Finding?> doing)
    {
        Finding? fault = await doing.ConfigureAwait(false);
        await (fault is null ? reply.Send([]) : reply.Fail(fault)).ConfigureAwait(false);
    }
}
