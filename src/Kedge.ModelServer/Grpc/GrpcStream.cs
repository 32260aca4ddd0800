using System.IO.Pipelines;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Models;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// Answers <c>ModelStreamInfer</c>: each request of the stream in its turn, one answer to each, in their order. A
/// request
/// that fails is answered by its error, and the stream goes on. A server that ends answers what has come, and says
/// that the stream is to be opened again.
/// </summary>
internal sealed class GrpcStream(
    ServeContext context, GrpcApplication application, Exchange exchange, GrpcMessageReader reader, GrpcTerms terms)
{
    private readonly GrpcReply _reply = new(exchange);

    /// <summary>Answers until the caller has sent its last message.</summary>
    internal async Task AnswerAsync()
    {
        exchange.DisableBodyPace();
        using GrpcEnding ending = new(context.StreamsEnd, exchange.RequestBody.Reader);
        try
        {
            // The caller learns at once that somebody answers.
            await _reply.Output.FlushAsync().ConfigureAwait(false);
            Finding? fault = await AnswerAllAsync(ending).ConfigureAwait(false);
            await (fault is null ? _reply.Succeed() : _reply.Fail(fault)).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // Whoever asked has gone: there is nobody to answer.
        }
    }

    private async ValueTask<Finding?> AnswerAllAsync(GrpcEnding ending)
    {
        while (true)
        {
            GrpcMessage message = await reader.ReadNextAsync(ending).ConfigureAwait(false);
            if (message.IsEnd || message.Fault is not null)
            {
                return message.Fault;
            }

            GrpcTerms begun = terms.Begun(context.Time);
            if (terms.IsLate(context.Time))
            {
                message.Release();
                return InferErrors.DeadlinePassed.At("The stream has lasted longer than its caller wanted.");
            }

            await AnswerOneAsync(message, begun).ConfigureAwait(false);
            FlushResult flushed = await _reply.Output.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return null; // Nobody reads any more.
            }
        }
    }

    private async ValueTask AnswerOneAsync(GrpcMessage message, GrpcTerms begun)
    {
        ServedModel? model = application.Find(message.Bytes, out Finding? fault);
        byte[] id = model is null ? GrpcRequestReader.IdOf(message.Bytes).ToArray() : [];
        InferenceRun? run = model?.Rent();
        GrpcParameters parameters = default;
        if (run is not null)
        {
            fault = GrpcRequestReader.Read(message.Bytes, run.Call, out parameters);
            id = fault is null ? id : GrpcRequestReader.IdOf(message.Bytes).ToArray();
        }

        message.Release();
        if (model is not null && run is not null)
        {
            GrpcTerms settled = begun.With(parameters);
            if (fault is null)
            {
                fault = await model.RunAsync(run, settled.Request).ConfigureAwait(false);
                id = fault is null ? id : run.Call.Id.ToArray();
            }

            fault = application.Finish(_reply, model, run, settled, fault, inStream: true);
        }

        if (fault is not null)
        {
            GrpcResponseWriter.WriteStreamError(_reply.Output, fault, id);
        }
    }
}
