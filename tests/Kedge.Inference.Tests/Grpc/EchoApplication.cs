using System.Buffers;
using System.IO.Pipelines;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// For a stream: it sends back whatever comes, as it comes. One method waits, once for the whole stream.
/// </summary>
internal sealed class EchoApplication : LeastApplication
{
    public override async Task ProcessRequestAsync(Exchange context)
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
