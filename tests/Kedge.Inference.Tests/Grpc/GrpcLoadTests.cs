using System.Net;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Kedge.Inference.Control;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Many at once over gRPC, and servers that replace each other meanwhile.</summary>
public sealed class GrpcLoadTests
{
    [Fact]
    public async Task A_thousand_calls_at_once_over_four_connections_each_get_their_own_answer()
    {
        using ServeProcess server = new(
            "1", change: static config => config.Models[0].Scheduling = new()
            {
                Batching = new() { MaxSize = 16, QueueMax = 2000 },
            });
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        GrpcPeer[] peers = [.. Enumerable.Range(0, 4).Select(_ => new GrpcPeer(endPoint))];
        (int Status, string Message, ModelInferResponse? Answer)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => peers[i % peers.Length].AskAsync(
                "ModelInfer", Request(i), ModelInferResponse.Parser)));
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal((0, ""), (answers[i].Status, answers[i].Message));
            Assert.Equal($"{i}", answers[i].Answer!.Id);
            ReadOnlySpan<byte> sum = answers[i].Answer!.RawOutputContents[0].Span;
            Assert.Equal(i + 15, MemoryMarshal.Cast<byte, int>(sum)[15]);
        }

        Assert.Equal(4, server.Ask(ControlOps.Status).OpenConnections);
        Assert.Equal(1000, server.Ask(ControlOps.Status).Requests);
        Array.ForEach(peers, static peer => peer.Dispose());
    }

    [Fact]
    public async Task A_second_version_takes_over_under_load_without_one_failed_call_or_broken_stream()
    {
        using ServeProcess first = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(first.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        using GrpcLoad load = new(IPEndPoint.Parse(ListeningSocket.Describe(listener)), callers: 6, streams: 3);
        load.WaitFor(() => load.Answers("1") > 500);

        using ServeProcess second = new("2");
        second.WaitFor(ServeStates.Ready);
        Assert.True(first.Ask(ControlOps.Listener, out FileDescriptor? handed).Ok);
        using (handed)
        {
            Assert.True(second.Ask(ControlOps.Listen, handed).Ok);
        }

        Assert.Equal(ServeStates.Draining, first.Ask(ControlOps.Drain, deadlineMs: 3000).State);
        Assert.Equal(0, first.WaitForExit());
        long before = load.Answers("2");
        load.WaitFor(() => load.Answers("2") > before + 500);
        await load.StopAsync();
        Assert.Empty(load.Failures);
        Assert.True(load.Answers("1") > 500);
        Assert.True(load.Reopened >= 1);

        // Whatever it had begun came back: no call was computed there and lost on its way.
        Assert.Contains($", {load.Answers("1")} requests answered", first.Log, StringComparison.Ordinal);
    }

    private static ModelInferRequest Request(int number)
    {
        ModelInferRequest request = Messages.AddSub(raw: true, $"{number}");
        int[] own = [.. Enumerable.Repeat(number, 16)];
        request.RawInputContents[1] = ByteString.CopyFrom(MemoryMarshal.AsBytes(own.AsSpan()));
        return request;
    }
}
