using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Protocol;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Shadow;
using Kedge.ModelServer.Tracing;
using Microsoft.AspNetCore.Http;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// Answers the Open Inference Protocol over gRPC straight on Kestrel's HTTP/2 streams. A request is read from where it
/// came in into the memory of its model, and the answer is written from there into what goes out: no message objects,
/// no buffers between. Calls that are no inference are rare and made simply.
/// </summary>
internal sealed class GrpcApplication(ServeContext context)
{
    private readonly GrpcQuestions _questions = new(context);
    private readonly GrpcControl _control = new(context);

    /// <summary>Answers one call.</summary>
    internal Task AnswerAsync(Exchange exchange)
    {
        exchange.Begin(context.Time.GetTimestamp());
        GrpcReply reply = new(exchange);
        GrpcMethod method = GrpcMethods.Of(exchange.Request.Path);
        if (exchange.Request.Method != "POST" || method == GrpcMethod.Unknown)
        {
            return reply.Fail(InferErrors.CallUnknown.At($"There is no call {exchange.Request.Path}."));
        }

        Finding? fault = GrpcTerms.Read(exchange, context, out GrpcTerms terms) ?? _control.Refuse(method, exchange);
        if (fault is not null)
        {
            return reply.Fail(fault);
        }

        exchange.DisableBodyLimit();
        GrpcMessageReader reader = new(exchange.RequestBody.Reader, context.RequestBytesMax, terms.IsGzip);
        if (method == GrpcMethod.Stream)
        {
            return new GrpcStream(context, this, exchange, reader, terms).AnswerAsync();
        }

        // No async method on the short way: where nothing waits, nothing is allocated for waiting.
        ValueTask<GrpcMessage> reading = reader.ReadOnlyAsync();
        return reading.IsCompletedSuccessfully
            ? Answer(reply, method, reading.Result, terms)
            : AnswerLaterAsync(reply, method, reading, terms);
    }

    /// <summary>Finds the model of a message; null with what is wrong when there is none.</summary>
    internal ServedModel? Find(ReadOnlySpan<byte> message, out Finding? fault)
    {
        if (!GrpcRequestReader.TryReadModel(message, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> version))
        {
            fault = InferErrors.MessageInvalid.At("The bytes are no protobuf message.");
            return null;
        }

        Span<char> text = stackalloc char[2 * InferenceLimits.NameBytesMax];
        ServedModel? model = null;
        if (name.Length <= InferenceLimits.NameBytesMax && version.Length <= InferenceLimits.NameBytesMax
            && Utf8.ToUtf16(name, text, out _, out int nameChars) == System.Buffers.OperationStatus.Done
            && Utf8.ToUtf16(version, text[nameChars..], out _, out int versionChars)
                == System.Buffers.OperationStatus.Done)
        {
            model = context.Table.Find(text[..nameChars], text.Slice(nameChars, versionChars));
            fault = model is null
                ? _questions.UnknownModel(text[..nameChars], text.Slice(nameChars, versionChars))
                : null;
            return model;
        }

        fault = InferErrors.ModelUnknown.At("There is no model of such a name and version.");
        return null;
    }

    /// <summary>
    /// Reads a message into a run of its model; begins its trace. The run may have tensors in the message from now on.
    /// </summary>
    internal Finding? Read(
        Exchange exchange, in GrpcMessage message, ServedModel model, InferenceRun run, ref GrpcTerms terms)
    {
        Finding? fault = GrpcRequestReader.Read(message.Bytes, run.Call, context.Regions, message.Lent);
        terms = terms.With(run.Call.Extensions);
        if (context.Tracer.Board.IsOn)
        {
            terms = terms with { Trace = context.Tracer.Begin(model.Name, exchange.Request.Headers.TraceParent) };
            run.ReadAt = run.ComputedAt = context.Time.GetTimestamp();
        }

        return fault;
    }

    /// <summary>
    /// Ends a request that was computed, or that failed: checks its time, writes the answer, counts it, gives the run
    /// back.
    /// </summary>
    internal GrpcOutcome Finish(
        in GrpcReply reply, ServedModel model, InferenceRun run, in GrpcTerms terms, GrpcOutcome outcome)
    {
        int byteCount = 0;
        Finding? fault = outcome.Fault;
        if ((fault is null || GrpcStatuses.Of(fault.Code) == GrpcStatus.Unavailable) && terms.IsLate(context.Time))
        {
            fault = InferErrors.DeadlinePassed.At("There was no answer within the caller's time.");
        }

        fault ??= model.Grpc.Write(reply.Output, run.Call, outcome.InStream, out byteCount);
        model.Count(run, terms.Request, fault);
        if (fault is null && context.Shadow is { } shadow && !reply.Exchange.IsOwn && !run.Call.Extensions.HoldsMemory
            && ReferenceEquals(context.Table.Find(model.Name, default), model) && shadow.Draws())
        {
            Copy(shadow, model, run);
        }

        if (terms.Trace is { } trace)
        {
            // A message of a stream begins when it is here: the stream may have waited for it for long.
            long wholeAt = terms.Request.Started;
            context.Tracer.End(
                trace, model, TraceSteps.Of("grpc", outcome.InStream ? wholeAt : terms.BeganAt, wholeAt, run), fault);
        }

        TimeSpan retryAfter = fault is null ? default : run.RetryAfter;
        model.Return(run);
        return outcome with { Fault = fault, ByteCount = byteCount, RetryAfter = retryAfter };
    }

    /// <summary>Copies are sent and compared in the form of REST, whichever protocol brought the request.</summary>
    private static void Copy(ShadowTap shadow, ServedModel model, InferenceRun run)
    {
        foreach (int output in run.Call.Wanted)
        {
            run.Call.SetBinary(output, binary: true);
        }

        if (run.Response.Write(model.Name, model.Version, run.Call) is null)
        {
            byte[] request = InferenceClient.WriteRequest(run.Call, out int jsonBytes);
            shadow.Copy(model.Name, request, jsonBytes, run.Response.Written.Span, run.Response.JsonBytes);
        }
    }

    private async Task AnswerLaterAsync(
        GrpcReply reply, GrpcMethod method, ValueTask<GrpcMessage> reading, GrpcTerms terms)
    {
        GrpcMessage message;
        try
        {
            message = await reading.ConfigureAwait(false);
        }
        catch (BadHttpRequestException failure)
        {
            await reply.Fail(InferErrors.MessageInvalid.At(failure.Message)).ConfigureAwait(false);
            return;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return; // Whoever asked has gone: there is nobody to answer.
        }

        await Answer(reply, method, message, terms).ConfigureAwait(false);
    }

    private Task Answer(in GrpcReply reply, GrpcMethod method, in GrpcMessage message, in GrpcTerms terms)
    {
        if (message.Fault is { } broken)
        {
            return reply.Fail(broken);
        }

        if (method == GrpcMethod.Infer)
        {
            return Infer(reply, message, terms.Begun(context.Time));
        }

        if (GrpcMethods.AreaOf(method) is not null)
        {
            Task controlled = _control.AnswerAsync(reply, method, message.Bytes);
            message.Release();
            return controlled;
        }

        byte[]? answer = _questions.Answer(method, message.Bytes, out Finding? fault);
        message.Release();
        return answer is null ? reply.Fail(fault!) : reply.Send(answer); // One of the two is there.
    }

    private Task Infer(in GrpcReply reply, in GrpcMessage message, GrpcTerms terms)
    {
        ServedModel? model = Find(message.Bytes, out Finding? fault);
        if (model is null)
        {
            message.Release();
            return reply.Fail(fault!); // Said by Find.
        }

        InferenceRun run = model.Rent();
        fault = Read(reply.Exchange, message, model, run, ref terms);
        message.ReleaseTo(run);
        if (fault is not null)
        {
            return End(reply, model, run, terms, fault);
        }

        ValueTask<Finding?> running = model.RunAsync(run, terms.Request);
        return running.IsCompletedSuccessfully
            ? End(reply, model, run, terms, running.Result)
            : EndLaterAsync(reply, model, run, terms, running);
    }

    private async Task EndLaterAsync(
        GrpcReply reply, ServedModel model, InferenceRun run, GrpcTerms terms, ValueTask<Finding?> running)
    {
        Finding? fault = await running.ConfigureAwait(false);
        await End(reply, model, run, terms, fault).ConfigureAwait(false);
    }

    private Task End(
        in GrpcReply reply, ServedModel model, InferenceRun run, in GrpcTerms terms, Finding? fault)
    {
        GrpcOutcome outcome = Finish(reply, model, run, terms, new GrpcOutcome { Fault = fault });
        return outcome.Fault is null
            ? reply.Succeed(outcome.ByteCount)
            : reply.Fail(outcome.Fault, outcome.RetryAfter);
    }
}
