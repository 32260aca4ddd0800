using System.IO.Pipelines;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>For a call: it takes the body, writes a short message, ends well.</summary>
internal sealed class NothingApplication : LeastApplication
{
    public override async Task ProcessRequestAsync(Exchange context)
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
