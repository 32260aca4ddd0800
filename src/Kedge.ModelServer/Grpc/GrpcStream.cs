using System.IO.Pipelines;
using Kedge.Core.Errors;
using Kedge.Inference;
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
    private readonly byte[] _id = new byte[InferenceLimits.IdBytesMax];
    private int _idLength;
    private int _byteCount;

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
            await (fault is null
                ? _reply.Succeed(_byteCount)
                : _reply.Fail(fault, byteCount: _byteCount)).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // Whoever asked has gone: there is nobody to answer.
        }
    }

    /// <summary>
    /// One method waits for everything, so that a message allocates nothing where it waits: for the next one, for its
    /// turn, for the caller to take the answer.
    /// </summary>
    private async ValueTask<Finding?> AnswerAllAsync(GrpcEnding ending)
    {
        while (true)
        {
            ValueTask<GrpcMessage> reading;
            while (!reader.TryTakeNext(await reader.WaitAsync().ConfigureAwait(false), ending, out reading))
            {
                // More must come.
            }

            GrpcMessage message = await reading.ConfigureAwait(false);
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

            Finding? fault = Begin(message, ref begun, out ServedModel? model, out InferenceRun? run);
            if (fault is null && model is not null && run is not null)
            {
                fault = await model.RunAsync(run, begun.Request).ConfigureAwait(false);
            }

            End(model, run, begun, fault);
            FlushResult flushed = await _reply.Output.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return null; // Nobody reads any more.
            }
        }
    }

    /// <summary>Reads a message into a run of its model, and lets go of it.</summary>
    private Finding? Begin(GrpcMessage message, ref GrpcTerms begun, out ServedModel? model, out InferenceRun? run)
    {
        model = application.Find(message.Bytes, out Finding? fault);
        run = model?.Rent();
        if (model is not null && run is not null)
        {
            fault = application.Read(exchange, message, model, run, ref begun);
        }

        // Kept beside: a run that is given back belongs to another request.
        ReadOnlySpan<byte> id = GrpcRequestReader.IdOf(message.Bytes);
        _idLength = id.Length;
        id.CopyTo(_id);
        if (run is null)
        {
            message.Release();
        }
        else
        {
            message.ReleaseTo(run);
        }

        return fault;
    }

    /// <summary>Writes what is to be answered.</summary>
    private void End(ServedModel? model, InferenceRun? run, in GrpcTerms begun, Finding? fault)
    {
        if (model is not null && run is not null)
        {
            GrpcOutcome outcome = application.Finish(
                _reply, model, run, begun, new GrpcOutcome { Fault = fault, InStream = true });
            fault = outcome.Fault;
            _byteCount += outcome.ByteCount;
        }

        if (fault is not null)
        {
            GrpcResponseWriter.WriteStreamError(_reply.Output, fault, _id.AsSpan(0, _idLength));
        }
    }
}
