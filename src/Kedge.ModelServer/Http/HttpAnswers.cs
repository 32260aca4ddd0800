using System.IO.Pipelines;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.ModelServer.Http;

/// <summary>Sends answers: the one place that sets status, headers and body.</summary>
internal static class HttpAnswers
{
    internal const string Json = "application/json";

    /// <summary>Sends a body with its length. Nothing is allocated where the socket takes it at once.</summary>
    internal static Task SendAsync(Exchange context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        IHttpResponseFeature response = context.Response;
        response.StatusCode = status;
        response.Headers.ContentType = contentType;
        response.Headers.ContentLength = body.Length;
        context.NoteAnswer(status, body.Length);
        if (context.Request.Method == "HEAD")
        {
            return Task.CompletedTask;
        }

        if (body.Length > ServeLimits.AnswerPieceBytes)
        {
            return SendInPiecesAsync(context.ResponseBody.Writer, body);
        }

        ValueTask<FlushResult> written = context.ResponseBody.Writer.WriteAsync(body);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    /// <summary>The pipe takes whatever it is given at once: a long body would lie there whole a second time.</summary>
    private static async Task SendInPiecesAsync(PipeWriter writer, ReadOnlyMemory<byte> body)
    {
        for (ReadOnlyMemory<byte> rest = body; !rest.IsEmpty;)
        {
            ReadOnlyMemory<byte> piece = rest[..Math.Min(rest.Length, ServeLimits.AnswerPieceBytes)];
            FlushResult flushed = await writer.WriteAsync(piece).ConfigureAwait(false);
            if (flushed.IsCompleted)
            {
                return;
            }

            rest = rest[piece.Length..];
        }
    }

    /// <summary>Sends a body of JSON.</summary>
    internal static Task SendJsonAsync(Exchange context, ReadOnlyMemory<byte> body) =>
        SendAsync(context, 200, Json, body);

    /// <summary>Sends an error with the status that its code has.</summary>
    internal static Task FailAsync(Exchange context, Finding fault)
    {
        if (fault.Code == InferErrors.EncodingUnsupported.Code)
        {
            context.Response.Headers.AcceptEncoding = BodyEncoding.Accepted;
        }

        return SendAsync(context, StatusOf(fault.Code), Json, MetadataWriter.Error(fault));
    }

    /// <summary>Sends an error with a status of its own.</summary>
    internal static Task FailAsync(Exchange context, int status, Finding fault) =>
        SendAsync(context, status, Json, MetadataWriter.Error(fault));

    /// <summary>The status of an error; what is not named here is the caller's mistake.</summary>
    internal static int StatusOf(string code) => code switch
    {
        _ when code == InferErrors.ControlClosed.Code => 403,
        _ when code == InferErrors.ModelUnknown.Code || code == InferErrors.AddressUnknown.Code => 404,
        _ when code == InferErrors.RegionUnknown.Code => 404,
        _ when code == ServeErrors.ModelUnloaded.Code || code == ServeErrors.ModelNotListed.Code => 404,
        _ when code == ServeErrors.LoadTooSlow.Code || code == ServeErrors.LoadQueueFull.Code => 503,
        _ when code == ServeErrors.ModelLoadFailed.Code || code == ServeErrors.ModelTooLarge.Code => 503,
        _ when code == InferErrors.QueueFull.Code || code == InferErrors.QueueTimeout.Code => 503,
        _ when code == InferErrors.TooLarge.Code => 413,
        _ when code == InferErrors.EncodingUnsupported.Code => 415,
        _ when code == InferErrors.ClientGone.Code || code == ServeErrors.RunStopped.Code => 499,
        _ when code == InferErrors.RunFailed.Code || code == InferErrors.OutputInexpressible.Code => 500,
        _ => 400,
    };
}
