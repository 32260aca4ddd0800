using System.Buffers;
using System.IO.Pipelines;
using Kedge.ModelServer.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// The least that anything can do for a stream on Kestrel: it sends back whatever comes, as it comes. One method waits,
/// once for the whole stream, so that what is allocated for a message is Kestrel's own.
/// </summary>
internal sealed class EchoApplication : IHttpApplication<Exchange>
{
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        var container = (IHostContextContainer<Exchange>)contextFeatures;
        container.HostContext = container.HostContext?.Reuse(contextFeatures) ?? new Exchange(contextFeatures);
        return container.HostContext;
    }

    public void DisposeContext(Exchange context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(Exchange context)
    {
        context.DisableBodyLimit();
        context.DisableBodyPace();
        context.Response.Headers.ContentType = "application/grpc";
        PipeReader reader = context.RequestBody.Reader;
        PipeWriter writer = context.ResponseBody.Writer;
        await writer.FlushAsync();
        while (true)
        {
            ReadResult result = await reader.ReadAsync();
            foreach (ReadOnlyMemory<byte> piece in result.Buffer)
            {
                writer.Write(piece.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }

            await writer.FlushAsync();
        }

        context.Trailers["grpc-status"] = "0";
    }
}
