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
/// message. What is written goes out with its end, all at once, or when it is flushed.
/// </summary>
/// <param name="exchange">The stream of HTTP/2.</param>
internal readonly struct GrpcReply(Exchange exchange)
{
    private const string ContentType = "application/grpc";
    private const string Encodings = "identity,gzip";

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
    internal Task Succeed()
    {
        exchange.Trailers[HeaderNames.GrpcStatus] = "0";
        return Task.CompletedTask;
    }

    /// <summary>Answers with one message.</summary>
    internal Task Send(byte[] message)
    {
        PipeWriter output = Output;
        GrpcFrame.WriteHead(output, message.Length);
        System.Buffers.BuffersExtensions.Write(output, message);
        return Succeed();
    }

    /// <summary>Ends with a status that is not ok.</summary>
    internal Task Fail(Finding fault)
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

        return Task.CompletedTask;
    }
}
