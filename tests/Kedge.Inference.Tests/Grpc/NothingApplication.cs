using System.IO.Pipelines;
using Kedge.ModelServer.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// The least that anything can do for a call on Kestrel: it takes the body, writes a short message, ends well. What is
/// allocated for it is Kestrel's own.
/// </summary>
internal sealed class NothingApplication : IHttpApplication<Exchange>
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
        PipeReader reader = context.RequestBody.Reader;
        bool isEnd = false;
        while (!isEnd)
        {
            ReadResult result = await reader.ReadAsync();
            isEnd = result.IsCompleted;
            reader.AdvanceTo(result.Buffer.End);
        }

        context.Response.Headers.ContentType = "application/grpc";
        context.ResponseBody.Writer.GetSpan(5)[..5].Clear();
        context.ResponseBody.Writer.Advance(5);
        context.Trailers["grpc-status"] = "0";
    }
}
