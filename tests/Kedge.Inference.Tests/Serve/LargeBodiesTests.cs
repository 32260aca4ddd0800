using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Kedge.Inference.Control;
using Kedge.Inference.Tests.Grpc;
using Kedge.Native;
using Kedge.Onnx;
using OpenInference;

namespace Kedge.Inference.Tests.Serve;

/// <summary>
/// Long requests at once from clients of every protocol, some of which leave in the middle: each gets the answer to
/// what it sent itself, though their tensors lie in memory that goes from one to the next.
/// </summary>
public sealed class LargeBodiesTests
{
    private const int Count = 60_000;

    /// <summary>The sum and the largest of a long list: short answers that say whether all of it was its own.</summary>
    private static readonly byte[] Model = OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "sum",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, Count)],
        Outputs =
        [
            OnnxValue.Tensor("least", OnnxElementType.Float, 1), OnnxValue.Tensor("most", OnnxElementType.Float, 1),
        ],
        Nodes = [new OnnxNodeSpec("ReduceMin", ["x"], ["least"]), new OnnxNodeSpec("ReduceMax", ["x"], ["most"])],
    });

    [Fact]
    public async Task Each_gets_the_answer_to_what_it_sent()
    {
        using ServeProcess server = new("1", model: Model);
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        ControlReply reply = server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        Assert.True(reply.Ok, reply.Error);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        int wrong = 0;
        int asked = 0;
        Task[] clients = [.. Enumerable.Range(0, 9).Select(client => Task.Run(async () =>
        {
            Random random = new(client);
            using RawHttp rest = RawHttp.Connect(endPoint);
            using GrpcPeer grpc = new(endPoint);
            for (int turn = 0; turn < 25; turn++)
            {
                float value = (client * 1000) + turn;
                float[] answer = (client % 3) switch
                {
                    0 => Rest(rest, Binary(value)),
                    1 => Rest(rest, Json(value)),
                    _ => await GrpcAsync(grpc, value),
                };
                Interlocked.Add(ref wrong, answer.AsSpan().SequenceEqual([value, value]) ? 0 : 1);
                Interlocked.Increment(ref asked);
                if (random.Next(4) == 0)
                {
                    using Socket leaves = new(SocketType.Stream, ProtocolType.Tcp);
                    await leaves.ConnectAsync(endPoint);
                    byte[] part = Binary(-1);
                    await leaves.SendAsync(part.AsMemory(0, random.Next(part.Length)));
                }
            }
        }))];
        await Task.WhenAll(clients);
        Assert.Equal((0, 9 * 25), (wrong, asked));
    }

    private static float[] Rest(RawHttp rest, byte[] request)
    {
        int status = rest.Exchange(request, out ReadOnlySpan<byte> body);
        string text = Encoding.UTF8.GetString(body);
        Assert.True(status == 200, text);
        using System.Text.Json.JsonDocument answer = System.Text.Json.JsonDocument.Parse(text);
        return [.. answer.RootElement.GetProperty("outputs").EnumerateArray()
            .Select(static output => output.GetProperty("data")[0].GetSingle())];
    }

    private static async Task<float[]> GrpcAsync(GrpcPeer peer, float value)
    {
        ModelInferRequest request = new()
        {
            ModelName = "tiny",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { Count } },
            },
            RawInputContents = { ByteString.CopyFrom(MemoryMarshal.AsBytes(Values(value).AsSpan())) },
        };
        (int status, string message, ModelInferResponse? answer) =
            await peer.AskAsync("ModelInfer", request, ModelInferResponse.Parser);
        Assert.Equal((0, ""), (status, message));
        return [.. answer!.RawOutputContents.Select(static raw => MemoryMarshal.Read<float>(raw.Span))];
    }

    private static byte[] Binary(float value)
    {
        string json = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"inputs\":[{{\"name\":\"x\",\"shape\":[{Count}],\"datatype\":\"FP32\",")
            + string.Create(CultureInfo.InvariantCulture, $"\"parameters\":{{\"binary_data_size\":{Count * 4}}}}}]}}");
        return
        [
            .. Head(json.Length + (Count * 4), $"Inference-Header-Content-Length: {json.Length}\r\n"),
            .. Encoding.UTF8.GetBytes(json), .. MemoryMarshal.AsBytes(Values(value).AsSpan()),
        ];
    }

    private static byte[] Json(float value)
    {
        string number = value.ToString(CultureInfo.InvariantCulture);
        string json = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":["
            + string.Create(CultureInfo.InvariantCulture, $"{Count}],\"data\":[")
            + string.Join(',', Enumerable.Repeat(number, Count)) + "]}]}";
        return [.. Head(json.Length, ""), .. Encoding.UTF8.GetBytes(json)];
    }

    private static byte[] Head(int length, string more) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {length}\r\n\r\n"));

    private static float[] Values(float value) => [.. Enumerable.Repeat(value, Count)];
}
