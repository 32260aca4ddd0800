using System.Buffers.Binary;
using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>One stream of a client: messages go and come as the test likes.</summary>
internal sealed class GrpcStreamPeer : HttpContent
{
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>();
    private HttpResponseMessage? _response;
    private Stream? _incoming;

    private GrpcStreamPeer()
    {
    }

    public static async Task<GrpcStreamPeer> OpenAsync(GrpcPeer peer)
    {
        GrpcStreamPeer stream = new();
        stream._response = await peer.SendAsync(GrpcPeer.Service + "ModelStreamInfer", stream);
        stream._incoming = await stream._response.Content.ReadAsStreamAsync();
        return stream;
    }

    public void Send(ModelInferRequest request) =>
        Assert.True(_outgoing.Writer.TryWrite(GrpcPeer.Frame(request.ToByteArray())));

    public void SendEnd() => _outgoing.Writer.Complete();

    /// <summary>The next answer; null when there is none any more.</summary>
    public async Task<ModelStreamInferResponse?> ReceiveAsync()
    {
        byte[] head = new byte[5];
        if (await _incoming!.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false) < 5)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await _incoming.ReadExactlyAsync(message);
        return ModelStreamInferResponse.Parser.ParseFrom(message);
    }

    /// <summary>How it ended; once nothing more came.</summary>
    public (int Status, string Message) Status() => GrpcPeer.StatusOf(_response!);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (byte[] bytes in _outgoing.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        _outgoing.Writer.TryComplete();
        if (disposing)
        {
            _response?.Dispose();
        }

        base.Dispose(disposing);
    }
}
