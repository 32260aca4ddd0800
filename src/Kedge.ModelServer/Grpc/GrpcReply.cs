using System.Globalization;
using System.IO.Pipelines;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// The answer to one call: messages in the body, the status in the trailers, or in the headers where there is no
/// message. What is written goes out with its end, all at once, or when it is flushed. The access log gets the status
/// of gRPC, which no status of HTTP can be mistaken for.
/// </summary>
/// <param name="exchange">The stream of HTTP/2.</param>
internal readonly struct GrpcReply(Exchange exchange)
{
    private const string ContentType = "application/grpc";
    private const string Encodings = "identity,gzip";

    /// <summary>Tells a client when to try again, in milliseconds (gRPC, A6: client retries).</summary>
    private const string Pushback = "grpc-retry-pushback-ms";

    /// <summary>The stream of HTTP/2.</summary>
    internal Exchange Exchange => exchange;

    /// <summary>Takes what the answer's messages consist of; the headers come first.</summary>
    internal PipeWriter Output
    {
        get
        {
            IHttpResponseFeature response = exchange.Response;
            if (!response.HasStarted)
            {
                response.Headers.ContentType = ContentType;
            }

            return exchange.ResponseBody.Writer;
        }
    }

    /// <summary>Ends well what was written.</summary>
    /// <param name="byteCount">Length of its messages, for the access log.</param>
    internal Task Succeed(int byteCount)
    {
        exchange.Trailers[HeaderNames.GrpcStatus] = "0";
        exchange.NoteAnswer((int)GrpcStatus.Ok, byteCount);
        return Task.CompletedTask;
    }

    /// <summary>Answers with one message.</summary>
    internal Task Send(byte[] message)
    {
        PipeWriter output = Output;
        GrpcFrame.WriteHead(output, message.Length);
        System.Buffers.BuffersExtensions.Write(output, message);
        return Succeed(message.Length);
    }

    /// <summary>Ends with a status that is not ok.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="retryAfter">When to come again; zero for no advice.</param>
    /// <param name="byteCount">Length of the messages that went before, for the access log.</param>
    internal Task Fail(Finding fault, TimeSpan retryAfter = default, int byteCount = 0)
    {
        IHttpResponseFeature response = exchange.Response;
        IHeaderDictionary place = exchange.Trailers;
        if (!response.HasStarted)
        {
            place = response.Headers;
            place.ContentType = ContentType;
        }

        int status = (int)GrpcStatuses.Of(fault.Code);
        place[HeaderNames.GrpcStatus] = status.ToString(CultureInfo.InvariantCulture);
        place[HeaderNames.GrpcMessage] = GrpcText.PercentEncode($"{fault.Code}: {fault.Message}");
        if (fault.Code == InferErrors.EncodingUnknown.Code)
        {
            place[HeaderNames.GrpcAcceptEncoding] = Encodings;
        }

        if (retryAfter > TimeSpan.Zero)
        {
            place[Pushback] = ((long)retryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        exchange.NoteAnswer(status, byteCount);
        return Task.CompletedTask;
    }
}
