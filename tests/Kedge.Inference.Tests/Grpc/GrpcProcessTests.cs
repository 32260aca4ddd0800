using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Kedge.Inference.Control;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>The model server as a process, over gRPC.</summary>
public sealed class GrpcProcessTests
{
    private static readonly int[] Doubled = [.. Enumerable.Range(0, 16).Select(static i => 2 * i)];

    [Fact]
    public async Task It_answers_every_call_on_its_own_socket_and_on_the_one_that_it_is_handed()
    {
        using ServeProcess server = new("1");
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        Assert.True((await own.AskAsync(
            "ServerLive", new ServerLiveRequest(), ServerLiveResponse.Parser)).Answer?.Live);
        Assert.True((await own.AskAsync(
            "ServerReady", new ServerReadyRequest(), ServerReadyResponse.Parser)).Answer?.Ready);
        Assert.True((await own.AskAsync(
            "ModelReady", new ModelReadyRequest { Name = "tiny" }, ModelReadyResponse.Parser)).Answer?.Ready);
        Assert.False((await own.AskAsync(
            "ModelReady", new ModelReadyRequest { Name = "gone" }, ModelReadyResponse.Parser)).Answer?.Ready);
        ServerMetadataResponse? metadata = (await own.AskAsync(
            "ServerMetadata", new ServerMetadataRequest(), ServerMetadataResponse.Parser)).Answer;
        Assert.Equal("kedge", metadata?.Name);
        ModelMetadataResponse? model = (await own.AskAsync(
            "ModelMetadata", new ModelMetadataRequest { Name = "tiny", Version = "1" },
            ModelMetadataResponse.Parser)).Answer;
        Assert.Equal(["1"], model!.Versions);
        Assert.Equal([-1, 16], model.Outputs[1].Shape);
        Assert.Equal(1, (await own.AskAsync(
            "grpc.health.v1.Health/Check", new ServerLiveRequest(), ServerLiveResponse.Parser)).Answer!.Live ? 1 : 0);

        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(server.Ask(ControlOps.Listen, listener).Ok);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        using GrpcPeer peer = new(endPoint);
        foreach (bool raw in (bool[])[true, false])
        {
            (int status, string message, ModelInferResponse? answer) = await peer.AskAsync(
                "ModelInfer", Messages.AddSub(raw, "42"), ModelInferResponse.Parser);
            Assert.Equal((0, ""), (status, message));
            Assert.Equal(("tiny", "1", "42"), (answer!.ModelName, answer.ModelVersion, answer.Id));
            Assert.Equal(Doubled, MemoryMarshal.Cast<byte, int>(answer.RawOutputContents[0].Span).ToArray());
        }

        // HTTP/1.1 and REST over HTTP/2, on the same socket.
        using RawHttp http = RawHttp.Connect(endPoint);
        Assert.Equal(200, http.Ask("POST", "/v2/models/tiny/infer", RawHttp.AddSubBody).Status);
        (int code, string body) =
            await peer.AskRestAsync(HttpMethod.Post, "/v2/models/tiny/infer", RawHttp.AddSubBody);
        Assert.Equal(200, code);
        Assert.Contains("\"data\":[0,2,4,", body, StringComparison.Ordinal);
        Assert.Equal(404, (await peer.AskRestAsync(HttpMethod.Get, "/metrics")).Status);
        Assert.Equal(4, server.Ask(ControlOps.Status).Requests);
    }

    [Fact]
    public async Task Wrong_calls_get_their_status_and_code_and_the_connection_goes_on()
    {
        using ServeProcess server = new("1", change: config => config.RequestBytesMax = 4096);
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer peer = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        ModelInferRequest request = Messages.AddSub(raw: true);
        async Task ExpectAsync(int status, string code, string path, byte[] body, params (string, string)[] headers)
        {
            (int got, string message, byte[] answer) = await peer.AskAsync(path, body, headers);
            Assert.Equal(status, got);
            Assert.StartsWith(code + ": ", message, StringComparison.Ordinal);
            Assert.Empty(answer);
        }

        const string Infer = GrpcPeer.Service + "ModelInfer";
        byte[] right = GrpcPeer.Frame(request.ToByteArray());
        await ExpectAsync(12, "KEDGE-INFER-043", GrpcPeer.Service + "Dance", right);
        await ExpectAsync(12, "KEDGE-INFER-043", "/other.Service/ModelInfer", right);
        await ExpectAsync(12, "KEDGE-INFER-042", Infer, right, ("grpc-encoding", "snappy"));
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, right, ("grpc-timeout", "soon"));
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, []);
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, right[..^1]);
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, right[..3]);
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, [.. right, .. right]);
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, [1, .. right[1..]]);
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, [2, .. right[1..]]);
        await ExpectAsync(8, "KEDGE-INFER-008", Infer, GrpcPeer.Frame(new byte[4097]));
        await ExpectAsync(4, "KEDGE-INFER-044", Infer, right, ("grpc-timeout", "1n"));
        request.ModelName = "gone ü";
        await ExpectAsync(5, "KEDGE-INFER-009", Infer, GrpcPeer.Frame(request.ToByteArray()));
        request.ModelName = new string('x', 600);
        await ExpectAsync(5, "KEDGE-INFER-009", Infer, GrpcPeer.Frame(request.ToByteArray()));
        request = Messages.AddSub(raw: true);
        request.Inputs[0].Shape[0] = 2;
        await ExpectAsync(3, "KEDGE-INFER-004", Infer, GrpcPeer.Frame(request.ToByteArray()));
        await ExpectAsync(3, "KEDGE-INFER-040", Infer, [1, .. GrpcPeer.Frame("no gzip"u8.ToArray())[1..]],
            ("grpc-encoding", "gzip"));
        Assert.Equal(0, (await peer.AskAsync(Infer, right, ("grpc-timeout", "10S"))).Status);
    }

    [Fact]
    public async Task Gzip_is_unpacked_within_bounds()
    {
        using ServeProcess server = new("1", change: config => config.RequestBytesMax = 100_000);
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer peer = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        const string Infer = GrpcPeer.Service + "ModelInfer";
        byte[] right = Pack(Messages.AddSub(raw: true).ToByteArray());
        Assert.Equal(0, (await peer.AskAsync(Infer, GrpcPeer.Frame(right, 1), ("grpc-encoding", "gzip"))).Status);
        byte[] plain = GrpcPeer.Frame(Messages.AddSub(raw: true).ToByteArray());
        Assert.Equal(0, (await peer.AskAsync(Infer, plain, ("grpc-encoding", "gzip"))).Status);

        // A hundred million zeros in a hundred thousand bytes: refused once the limit is passed.
        byte[] bomb = Pack(new byte[50_000_000]);
        Assert.InRange(bomb.Length, 1000, 100_000);
        Assert.Equal(8, (await peer.AskAsync(Infer, GrpcPeer.Frame(bomb, 1), ("grpc-encoding", "gzip"))).Status);
    }

    [Fact]
    public async Task Large_messages_come_in_pieces_and_go_back_whole()
    {
        using ServeProcess server = new("1", model: TinyModels.Identity(Tensors.TensorType.UInt8));
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer peer = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        byte[] elements = new byte[9_000_001];
        new Random(1).NextBytes(elements);
        ModelInferRequest request = new()
        {
            ModelName = "tiny",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x", Datatype = "UINT8", Shape = { elements.Length },
                },
            },
            RawInputContents = { ByteString.CopyFrom(elements) },
        };
        (int status, string message, ModelInferResponse? answer) =
            await peer.AskAsync("ModelInfer", request, ModelInferResponse.Parser);
        Assert.Equal((0, ""), (status, message));
        Assert.True(answer!.RawOutputContents[0].Span.SequenceEqual(elements));
        using GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(peer);
        stream.Send(request);
        stream.SendEnd();
        ModelStreamInferResponse? streamed = await stream.ReceiveAsync();
        Assert.True(streamed!.InferResponse.RawOutputContents[0].Span.SequenceEqual(elements));
        Assert.Null(await stream.ReceiveAsync());
    }

    [Fact]
    public async Task A_stream_answers_each_request_in_its_turn_and_goes_on_after_a_wrong_one()
    {
        using ServeProcess server = new("1");
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer peer = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        using GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(peer);
        for (int i = 0; i < 20; i++)
        {
            ModelInferRequest request = Messages.AddSub(raw: i % 2 == 0, $"id {i}");
            request.ModelName = i == 7 ? "gone" : "tiny";
            request.Inputs[0].Shape[0] = i == 9 ? 2 : 1;
            stream.Send(request);
        }

        for (int i = 0; i < 20; i++)
        {
            ModelStreamInferResponse? answer = await stream.ReceiveAsync();
            string code = i == 7 ? "KEDGE-INFER-009" : i == 9 ? "KEDGE-INFER-004" : "";
            Assert.StartsWith(code, answer!.ErrorMessage, StringComparison.Ordinal);
            Assert.Equal(code.Length > 0, answer.ErrorMessage.Length > 0);
            Assert.Equal($"id {i}", answer.InferResponse.Id);
        }

        stream.Send(Messages.AddSub(raw: true));
        Assert.Equal("tiny", (await stream.ReceiveAsync())!.InferResponse.ModelName);
        stream.SendEnd();
        Assert.Null(await stream.ReceiveAsync());
        Assert.Equal((0, ""), stream.Status());
    }

    [Fact]
    public async Task A_drain_ends_idle_connections_at_once_and_lets_streams_go_on()
    {
        using ServeProcess server = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        using GrpcPeer idle = new(endPoint);
        Assert.Equal(0, (await idle.AskAsync(
            "ServerLive", new ServerLiveRequest(), ServerLiveResponse.Parser)).Status);
        using GrpcPeer busy = new(endPoint);
        using GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(busy);
        stream.Send(Messages.AddSub(raw: true));
        Assert.NotNull(await stream.ReceiveAsync());
        Assert.Equal(ServeStates.Draining, server.Ask(ControlOps.Drain, deadlineMs: 600_000).State);
        SpinWait.SpinUntil(() => server.Ask(ControlOps.Status).OpenConnections == 1, TimeSpan.FromSeconds(30));
        Assert.Equal(1, server.Ask(ControlOps.Status).OpenConnections);
        for (int i = 0; i < 10; i++)
        {
            stream.Send(Messages.AddSub(raw: true, $"{i}"));
            Assert.Equal($"{i}", (await stream.ReceiveAsync())!.InferResponse.Id);
        }

        stream.SendEnd();
        Assert.Null(await stream.ReceiveAsync());
        Assert.Equal(0, stream.Status().Status);
        Assert.Equal(0, server.WaitForExit());
    }

    [Fact]
    public async Task A_stream_that_stays_to_the_deadline_is_told_to_be_opened_again()
    {
        using ServeProcess server = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        using GrpcPeer peer = new(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
        using GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(peer);
        stream.Send(Messages.AddSub(raw: true));
        Assert.NotNull(await stream.ReceiveAsync());
        server.Ask(ControlOps.Drain, deadlineMs: 100);
        Assert.Null(await stream.ReceiveAsync());
        Assert.Equal(14, stream.Status().Status);
        Assert.StartsWith("KEDGE-INFER-045", stream.Status().Message, StringComparison.Ordinal);
        stream.SendEnd();
        Assert.Equal(0, server.WaitForExit());
    }

    private static byte[] Pack(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
