using System.Net;
using System.Net.Sockets;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Inference.Sessions;
using Kedge.ModelServer;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Who is cut off when there are as many connections as may be, in this process.</summary>
[Collection(AloneCollection.Name)]
public sealed class IdleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_request_that_takes_long_behind_another_one_is_not_idle()
    {
        using ManualResetEventSlim letGo = new();
        using SemaphoreSlim inside = new(0);
        int calls = 0;
        using InMemorySession session = new(TinyModels.AddSubSignature, call =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                inside.Release();
                Assert.True(letGo.Wait(Patience));
            }

            foreach (int output in call.Wanted)
            {
                call.Outputs[output].CopyFrom(call.Inputs[0]);
            }

            return null;
        });
        using TemporaryFolder folder = new();
        using RotatingLog log = new("", 4096, TimeProvider.System);
        using ServedModel model = new(
            new ServeModel("tiny", "1", "onnx", "-"), session, new LatencyCounter(), TimeProvider.System);
        ServeContext context = new(log, TimeProvider.System)
        {
            RequestBytesMax = 1 << 20,
            Table = new ModelTable([model]),
        };
        await using HttpServing serving = new(1, 1 << 20, log);
        FileDescriptor own = ListeningSocket.OpenUnix(
            folder.File("own.sock"), 4, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await serving.StartAsync(own, new FrontApplication(context));
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 4);
        Assert.True(serving.Public.TryAttach(listener));
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));

        // Two requests at once, of which the second takes longer than an idle connection is left when others wait.
        using Socket busy = new(SocketType.Stream, ProtocolType.Tcp);
        await busy.ConnectAsync(endPoint);
        await busy.SendAsync((byte[])[.. RawHttp.AddSubRequest, .. RawHttp.AddSubRequest]);
        Assert.True(await inside.WaitAsync(Patience));
        using RawHttp late = RawHttp.Connect(endPoint);
        Task<int> answered = Task.Run(() => late.Exchange(RawHttp.AddSubRequest, out _));
        Task first = await Task.WhenAny(
            answered, Task.Delay(ServeLimits.IdleBeforeCutTime + TimeSpan.FromSeconds(1), TimeProvider.System));
        Assert.NotSame(answered, first);
        letGo.Set();
        string both = await ReadAsync(busy, 2);
        Assert.Equal(2, both.Split("HTTP/1.1 200").Length - 1);

        // Now it idles, and makes room.
        Assert.Equal(200, await answered.WaitAsync(Patience));
        Assert.Equal(0, await busy.ReceiveAsync(new byte[1]).WaitAsync(Patience));
        await serving.StopAsync();
    }

    private static async Task<string> ReadAsync(Socket socket, int answers)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        while (text.ToString().Split("\"outputs\"").Length - 1 < answers || text[^1] != '}')
        {
            int got = await socket.ReceiveAsync(buffer).WaitAsync(Patience);
            Assert.True(got > 0, $"It was cut off after: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, got));
        }

        return text.ToString();
    }
}
