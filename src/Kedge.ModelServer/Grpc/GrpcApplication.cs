using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Models;
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

    /// <summary>Answers one call.</summary>
    internal Task AnswerAsync(Exchange exchange)
    {
        GrpcReply reply = new(exchange);
        GrpcMethod method = GrpcMethods.Of(exchange.Request.Path);
        if (exchange.Request.Method != "POST" || method == GrpcMethod.Unknown)
        {
            return reply.Fail(InferErrors.CallUnknown.At($"There is no call {exchange.Request.Path}."));
        }

        Finding? fault = GrpcTerms.Read(exchange.Request.Headers, context.Time, out GrpcTerms terms);
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
                ? GrpcQuestions.UnknownModel(text[..nameChars], text.Slice(nameChars, versionChars))
                : null;
            return model;
        }

        fault = InferErrors.ModelUnknown.At("There is no model of such a name and version.");
        return null;
    }

    /// <summary>
    /// Ends a request that was computed: checks its time, writes the answer, counts it, gives the run back.
    /// </summary>
    internal Finding? Finish(
        in GrpcReply reply, ServedModel model, InferenceRun run, in GrpcTerms terms, Finding? fault, bool inStream)
    {
        fault ??= terms.IsLate(context.Time)
            ? InferErrors.DeadlinePassed.At("The answer came too late.")
            : model.Grpc.Write(reply.Output, run.Call, inStream);
        model.Count(run, terms.Request, fault);
        model.Return(run);
        return fault;
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
            return Infer(reply, message, terms);
        }

        byte[]? answer = _questions.Answer(method, message.Bytes, out Finding? fault);
        message.Release();
        return answer is null ? reply.Fail(fault!) : reply.Send(answer); // One of the two is there.
    }

    private Task Infer(in GrpcReply reply, in GrpcMessage message, in GrpcTerms terms)
    {
        ServedModel? model = Find(message.Bytes, out Finding? fault);
        if (model is null)
        {
            message.Release();
            return reply.Fail(fault!); // Said by Find.
        }

        InferenceRun run = model.Rent();
        fault = GrpcRequestReader.Read(message.Bytes, run.Call, out GrpcParameters parameters);
        message.Release();
        if (fault is not null)
        {
            return End(reply, model, run, terms, fault);
        }

        GrpcTerms settled = terms.With(parameters);
        ValueTask<Finding?> running = model.RunAsync(run, settled.Request);
        return running.IsCompletedSuccessfully
            ? End(reply, model, run, settled, running.Result)
            : EndLaterAsync(reply, model, run, settled, running);
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
        fault = Finish(reply, model, run, terms, fault, inStream: false);
        return fault is null ? reply.Succeed() : reply.Fail(fault);
    }
}
