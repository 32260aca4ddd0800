using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Inference.Tensors;
using Kedge.Native;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Serve;

/// <summary>
/// Attacks on a real kedge-serve. After each of them it answers as before, and memory and descriptors have come back.
/// </summary>
public sealed class ResilienceTests(ITestOutputHelper output) : IDisposable
{
    private const string Tiny = "/v2/models/tiny/infer";
    private const long Megabyte = 1024 * 1024;

    private readonly List<IDisposable> _owned = [];

    [Fact]
    public void A_body_of_a_gigabyte_is_refused_before_it_is_read()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        Vitals before = Vitals.Of(server.Process.Pid);
        using Socket declared = Connect(endPoint);
        declared.Send(Text($"POST {Tiny} HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n{{"));
        Assert.StartsWith("HTTP/1.1 413", Answer(declared), StringComparison.Ordinal);

        using Socket chunked = Connect(endPoint);
        chunked.Send(Text($"POST {Tiny} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
        byte[] chunk = [.. "100000\r\n"u8, .. new byte[Megabyte], .. "\r\n"u8];
        long sent = SendUntilRefused(chunked, chunk, 1024);
        Assert.True(sent < 512 * Megabyte, $"It took {sent / Megabyte} MB.");
        MustBeAsBefore(server, endPoint, before, 192 * Megabyte);
    }

    [Fact]
    public void Bodies_that_are_only_announced_take_no_memory()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        Vitals before = Vitals.Of(server.Process.Pid);
        Socket[] sockets = [.. Enumerable.Range(0, 100).Select(_ => Connect(endPoint))];
        foreach (Socket socket in sockets)
        {
            socket.Send(Text($"POST {Tiny} HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n{{\"inputs\":["));
        }

        MustAnswer(endPoint);
        string memory = File.ReadAllText($"/proc/{server.Process.Pid.ToString(CultureInfo.InvariantCulture)}/status");
        output.WriteLine(memory.Split('\n').First(line => line.StartsWith("VmData", StringComparison.Ordinal)));
        MustBeAsBefore(server, endPoint, before with { Descriptors = before.Descriptors + 100 }, 64 * Megabyte);
        Array.ForEach(sockets, socket => socket.Dispose());
        Vitals.WaitForDescriptors(server.Process.Pid, before.Descriptors);
    }

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{\"inputs\":[", 50_000)]
    [InlineData("{\"a\":", 200_000)]
    [InlineData("{\"inputs\":[{\"name\":\"INPUT0\",\"shape\":[1,16],\"datatype\":\"INT32\",\"data\":[", 1)]
    [InlineData("{\"inputs\":[{\"name\":\"INPUT0\",\"shape\":[1,16],\"datatype\":\"INT32\",\"data\":[[[[[[[[[[[[", 1)]
    [InlineData("{\"parameters\":{\"a\":", 100_000)]
    public void Deep_or_endless_json_is_refused(string unit, int times)
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        Vitals before = Vitals.Of(server.Process.Pid);
        using RawHttp http = RawHttp.Connect(endPoint);
        string body = string.Concat(Enumerable.Repeat(unit, times));
        Assert.Equal(400, http.Ask("POST", Tiny, body).Status);
        Assert.Equal(400, http.Ask("POST", Tiny, $"{{\"x\":{body}").Status);
        MustBeAsBefore(server, endPoint, before, 64 * Megabyte);
    }

    [Fact]
    public void Numbers_that_are_none_are_refused_and_those_that_json_lacks_come_back()
    {
        (_, IPEndPoint endPoint) = Start(
            models: [("tiny", TinyModels.AddSub), ("real", TinyModels.Identity(TensorType.Float32))]);
        using RawHttp http = RawHttp.Connect(endPoint);
        (int Status, string Body) Ask(string data, string shape = "[1]") => http.Ask(
            "POST", "/v2/models/real/infer",
            $$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"FP32","data":[{{data}}]}]}""");
        foreach (string wrong in new[]
        {
            "NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e39", "0x10", "1.", ".5", "+1", "01", "1e", "\"1\"",
            "null", "{}", "true", "\"nan\"", "\"inf\"", "--1", "1 2",
        })
        {
            Assert.True(Ask(wrong).Status == 400, $"{wrong} was taken: {Ask(wrong)}");
        }

        (int status, string body) = Ask("\"NaN\",\"Infinity\",\"-Infinity\",-0.0,1e-50", "[5]");
        Assert.True(status == 200, body);
        Assert.Contains("[\"NaN\",\"Infinity\",\"-Infinity\",-0", body, StringComparison.Ordinal);
        foreach (string shape in new[] { "[2]", "[0]", "[-1]", "[1,1]", "[9223372036854775807]", "[1e3]", "[]", "1" })
        {
            Assert.True(Ask("1", shape).Status == 400, $"{shape} was taken.");
        }
    }

    [Theory]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 1x")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3")]
    [InlineData("Transfer-Encoding: nonsense")]
    [InlineData("Transfer-Encoding: chunked, chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 4")]
    public void Wrong_lengths_end_the_request_and_no_other(string header)
    {
        (_, IPEndPoint endPoint) = Start();
        using Socket socket = Connect(endPoint);
        socket.Send(Text($"POST {Tiny} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\nnot a chunk\r\n"));
        string answer = Answer(socket);
        Assert.True(
            answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal)
                || answer.StartsWith("HTTP/1.1 501", StringComparison.Ordinal), answer);
        MustAnswer(endPoint);
    }

    [Theory]
    [InlineData(0, "HTTP/1.1 414", 70_000)]
    [InlineData(1, "HTTP/1.1 431", 1_000_000)]
    [InlineData(10_000, "HTTP/1.1 431", 10)]
    public void A_flood_of_headers_is_refused(int headers, string status, int bytes)
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        Vitals before = Vitals.Of(server.Process.Pid);
        using Socket socket = Connect(endPoint);
        string flood = new('a', bytes);
        SendWhatIsTaken(socket, headers == 0
            ? $"GET /{flood} HTTP/1.1\r\nHost: x\r\n\r\n"
            : "GET /v2 HTTP/1.1\r\nHost: x\r\n"
                + string.Concat(Enumerable.Range(0, headers).Select(i => $"h{i}: {flood}\r\n")) + "\r\n");
        string answer = Answer(socket);
        Assert.True(answer.Length == 0 || answer.StartsWith(status, StringComparison.Ordinal), answer);
        MustBeAsBefore(server, endPoint, before, 32 * Megabyte);
    }

    [Fact]
    public void Clients_that_vanish_in_the_middle_leave_nothing_behind()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start(
            models: [("tiny", TinyModels.AddSub), ("bytes", TinyModels.Identity(TensorType.UInt8))]);
        MustAnswer(endPoint);
        Vitals before = Vitals.Of(server.Process.Pid);
        byte[] large = LargeAnswer(4 * (int)Megabyte);
        for (int i = 0; i < 60; i++)
        {
            Vanish(endPoint, RawHttp.AddSubRequest.AsMemory(0, RawHttp.AddSubRequest.Length / 2), i);
            Vanish(endPoint, RawHttp.AddSubRequest, i);
            Vanish(endPoint, large.AsMemory(0, large.Length / 2), i);
        }

        for (int i = 0; i < 20; i++)
        {
            Vanish(endPoint, large, i);
        }

        Vitals.WaitForDescriptors(server.Process.Pid, before.Descriptors);
        MustBeAsBefore(server, endPoint, before, 256 * Megabyte);
        Assert.False(server.Log.Contains("Exception", StringComparison.Ordinal), server.Log);
    }

    [Fact]
    public void A_client_that_does_not_read_is_not_read_from()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start(
            models: [("tiny", TinyModels.AddSub), ("bytes", TinyModels.Identity(TensorType.UInt8))]);
        Vitals before = Vitals.Of(server.Process.Pid);
        using Socket socket = Connect(endPoint);
        byte[] request = LargeAnswer((int)Megabyte);
        socket.SendTimeout = 2000;
        int taken = 0;
        try
        {
            for (; taken < 400; taken++)
            {
                socket.Send(request);
            }
        }
        catch (SocketException)
        {
            // No more is taken, as it should be.
        }

        Assert.True(taken < 200, $"It took {taken} requests of which it could answer none.");
        MustBeAsBefore(server, endPoint, before with { Descriptors = before.Descriptors + 1 }, 128 * Megabyte);
    }

    [Fact]
    public void A_client_that_ends_its_side_is_let_go()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        int before = Vitals.Of(server.Process.Pid).Descriptors;
        Socket[] sockets = [.. Enumerable.Range(0, 50).Select(_ => Connect(endPoint))];
        foreach (Socket socket in sockets)
        {
            socket.Send(RawHttp.AddSubRequest.AsSpan(0, 40));
            socket.Shutdown(SocketShutdown.Send);
        }

        Vitals.WaitForDescriptors(server.Process.Pid, before);
        MustAnswer(endPoint);
        Array.ForEach(sockets, socket => socket.Dispose());
    }

    [Fact]
    public void Requests_that_are_sent_at_once_are_answered_in_order()
    {
        (_, IPEndPoint endPoint) = Start();
        using Socket socket = Connect(endPoint);
        byte[] all =
        [
            .. Enumerable.Range(0, 200).SelectMany(i => RawHttp.Request(
                "POST", Tiny,
                RawHttp.AddSubBody.Replace("{\"inputs\"", $"{{\"id\":\"n{i}.\",\"inputs\"", StringComparison.Ordinal))),
        ];
        Thread sender = new(() => socket.Send(all));
        sender.Start();
        StringBuilder answers = new();
        byte[] buffer = new byte[64 * 1024];
        while (!answers.ToString().Contains("\"n199.\"", StringComparison.Ordinal))
        {
            int got = socket.Receive(buffer);
            Assert.True(got > 0, "The connection ended.");
            answers.Append(Encoding.UTF8.GetString(buffer, 0, got));
        }

        sender.Join();
        int at = -1;
        for (int i = 0; i < 200; i++)
        {
            int next = answers.ToString().IndexOf($"\"n{i}.\"", StringComparison.Ordinal);
            Assert.True(next > at, $"The answer {i} is missing or out of order.");
            at = next;
        }
    }

    [Fact]
    public void Long_answers_come_whole_and_one_takes_the_memory_of_the_other()
    {
        const int Length = 8 * (int)Megabyte;
        (ServeProcess server, IPEndPoint endPoint) = Start(
            models: [("tiny", TinyModels.AddSub), ("bytes", TinyModels.Identity(TensorType.UInt8))]);
        Vitals before = Vitals.Of(server.Process.Pid);
        byte[] request = LargeAnswer(Length);
        for (int i = 0; i < Length; i++)
        {
            request[^(i + 1)] = (byte)(i * 7 / 5);
        }

        byte[] answer = new byte[Length + 1024];
        for (int turn = 0; turn < 30; turn++)
        {
            using Socket socket = Connect(endPoint);
            Thread sender = new(() => socket.Send(request));
            sender.Start();
            int got = 0;
            int whole = answer.Length;
            while (got < whole)
            {
                int more = socket.Receive(answer.AsSpan(got));
                Assert.True(more > 0, $"The connection ended after {got} bytes.");
                got += more;
                whole = LengthOf(answer.AsSpan(0, got)) ?? whole;
            }

            sender.Join();
            Assert.True(answer.AsSpan(0, got).EndsWith(request.AsSpan(request.Length - Length)), $"turn {turn}");
        }

        MustBeAsBefore(server, endPoint, before, 256 * Megabyte);
    }

    [Fact]
    public void A_client_that_sends_without_end_holds_nobody_up()
    {
        (_, IPEndPoint endPoint) = Start();
        byte[] health = [.. Enumerable.Range(0, 500).SelectMany(static _ => RawHttp.Request("GET", "/v2/health/live"))];
        using Socket greedy = Connect(endPoint);
        bool isOver = false;
        long taken = 0;
        Thread sender = new(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                greedy.Send(health);
            }

            greedy.Shutdown(SocketShutdown.Send);
        });
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[256 * 1024];
            int got;
            while ((got = greedy.Receive(buffer)) > 0)
            {
                Interlocked.Add(ref taken, got);
            }
        });
        sender.Start();
        reader.Start();

        // More than there are threads that read sockets: some share the one of the greedy client.
        RawHttp[] others =
            [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => RawHttp.Connect(endPoint))];
        long begun = TimeProvider.System.GetTimestamp();
        for (int turn = 0; turn < 20 || Interlocked.Read(ref taken) <= Megabyte; turn++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), $"{taken} bytes");
            foreach (RawHttp other in others)
            {
                long started = TimeProvider.System.GetTimestamp();
                Assert.Equal(200, other.Ask("POST", Tiny, RawHttp.AddSubBody).Status);
                TimeSpan waited = TimeProvider.System.GetElapsedTime(started);
                Assert.True(waited < TimeSpan.FromSeconds(5), $"It waited {waited}.");
            }
        }

        Volatile.Write(ref isOver, true);
        sender.Join();
        reader.Join();
        Array.ForEach(others, static other => other.Dispose());
    }

    [Fact]
    public void Clients_that_dribble_are_cut_off_while_others_are_answered()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start();
        int before = Vitals.Of(server.Process.Pid).Descriptors;
        Socket[] heads = [.. Enumerable.Range(0, 50).Select(_ => Connect(endPoint))];
        Socket[] bodies = [.. Enumerable.Range(0, 50).Select(_ => Connect(endPoint))];
        Array.ForEach(heads, socket => socket.Send(Text("GET /v2 HTTP/1.1\r\nHost: x\r\nX-Slow: ")));
        Array.ForEach(bodies, socket => socket.Send(
            Text($"POST {Tiny} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n{{")));
        long started = TimeProvider.System.GetTimestamp();
        int open = heads.Length + bodies.Length;
        using RawHttp other = RawHttp.Connect(endPoint);
        while (open > 0)
        {
            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(started);
            Assert.True(elapsed < TimeSpan.FromSeconds(40), $"{open} are still connected after {elapsed}.");
            open = heads.Concat(bodies).Count(socket => Dribble(socket));
            Assert.Equal(200, other.Ask("POST", Tiny, RawHttp.AddSubBody).Status);
            Polling.WaitReadable(server.Process.ExitDescriptor, TimeSpan.FromMilliseconds(200));
        }

        output.WriteLine($"All were cut off after {TimeProvider.System.GetElapsedTime(started)}.");
        Array.ForEach([.. heads, .. bodies], socket => socket.Dispose());
        Vitals.WaitForDescriptors(server.Process.Pid, before + 1);
    }

    [Fact]
    public void Whoever_only_keeps_connections_open_keeps_nobody_out()
    {
        (ServeProcess server, IPEndPoint endPoint) = Start(config => config.ConnectionsMax = 20);
        int before = Vitals.Of(server.Process.Pid).Descriptors;
        using RawHttp busy = RawHttp.Connect(endPoint);
        Socket[] idle = [.. Enumerable.Range(0, 40).Select(_ => Connect(endPoint))];
        using RawHttp late = RawHttp.Connect(endPoint);
        long started = TimeProvider.System.GetTimestamp();
        using Timer keepsBusy = new(
            _ => Assert.Equal(200, busy.Ask("POST", Tiny, RawHttp.AddSubBody).Status), null, 0, 500);
        Assert.Equal(200, late.Ask("POST", Tiny, RawHttp.AddSubBody).Status);
        TimeSpan waited = TimeProvider.System.GetElapsedTime(started);
        Assert.True(waited < TimeSpan.FromSeconds(20), $"It waited {waited}.");
        keepsBusy.Change(Timeout.Infinite, Timeout.Infinite);
        Array.ForEach(idle, socket => socket.Dispose());
        Vitals.WaitForDescriptors(server.Process.Pid, before + 2);
    }

    [Fact]
    public void Ten_thousand_open_connections_cost_little_and_others_are_answered()
    {
        const int Count = 10_000;
        (ServeProcess server, IPEndPoint endPoint) = Start(static config =>
        {
            config.ConnectionsMax = Count + 200;

            // Half of them ask at once: what a queue refuses is not what is measured here.
            config.Models[0].Scheduling.Batching.QueueMax = Count;
        });
        MustAnswer(endPoint);
        Vitals before = Vitals.Of(server.Process.Pid);
        Socket[] sockets = new Socket[Count];
        for (int i = 0; i < Count; i++)
        {
            sockets[i] = Connect(endPoint);
            if (i % 2 == 0)
            {
                // Half of them have been of use: what a used connection keeps is counted too.
                sockets[i].Send(RawHttp.AddSubRequest);
            }
        }

        for (int i = 0; i < Count; i += 2)
        {
            Assert.StartsWith("HTTP/1.1 200", Answer(sockets[i]), StringComparison.Ordinal);
        }

        MustAnswer(endPoint);
        Vitals with = Vitals.Of(server.Process.Pid);
        Assert.True(with.Descriptors >= Count, $"Only {with.Descriptors} descriptors are open.");
        double each = (with.ResidentBytes - before.ResidentBytes) / (double)Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{each:F0} bytes resident for a connection."));
        Assert.True(each < 40_000, $"{each} bytes for a connection.");
        Array.ForEach(sockets, socket => socket.Dispose());
        Vitals.WaitForDescriptors(server.Process.Pid, before.Descriptors);
        MustAnswer(endPoint);
    }

    public void Dispose() => _owned.ForEach(one => one.Dispose());

    private (ServeProcess Server, IPEndPoint EndPoint) Start(
        Action<ServeConfig>? change = null, IEnumerable<(string Name, byte[] Model)>? models = null)
    {
        ServeProcess server = new("1", change: change, models: models);
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 1024);
        _owned.AddRange([server, listener]);
        ControlReply reply = server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        Assert.True(reply.Ok, reply.Error);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));

        // What the runtime opens for the first connections stays open.
        for (int i = 0; i < 20; i++)
        {
            MustAnswer(endPoint);
        }

        return (server, endPoint);
    }

    private static Socket Connect(IPEndPoint endPoint)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        socket.Connect(endPoint);
        return socket;
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>The first bytes that come; empty when the connection ends instead.</summary>
    private static string Answer(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "";
        }
    }

    /// <summary>Bytes of the answer that begins so, head and body; null as long as its head is not here.</summary>
    private static int? LengthOf(ReadOnlySpan<byte> begin)
    {
        const string Length = "\r\nContent-Length: ";
        int end = begin.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        string head = Encoding.ASCII.GetString(begin[..end]) + "\r\n";
        int at = head.IndexOf(Length, StringComparison.Ordinal) + Length.Length;
        string length = head[at..head.IndexOf("\r\n", at, StringComparison.Ordinal)];
        return end + 4 + int.Parse(length, CultureInfo.InvariantCulture);
    }

    private static void SendWhatIsTaken(Socket socket, string text)
    {
        try
        {
            socket.Send(Text(text));
        }
        catch (SocketException)
        {
            // It has read enough.
        }
    }

    private static long SendUntilRefused(Socket socket, byte[] chunk, int chunksMax)
    {
        long sent = 0;
        try
        {
            for (int i = 0; i < chunksMax && !socket.Poll(0, SelectMode.SelectRead); i++)
            {
                sent += socket.Send(chunk);
            }
        }
        catch (SocketException)
        {
            // It has closed.
        }

        return sent;
    }

    /// <summary>One byte more; false once the server has closed.</summary>
    private static bool Dribble(Socket socket)
    {
        try
        {
            bool hasEnded = socket.Poll(0, SelectMode.SelectRead);
            return !hasEnded && socket.Send("a"u8) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends and goes, now by an end and now by a reset.</summary>
    private static void Vanish(IPEndPoint endPoint, ReadOnlyMemory<byte> request, int turn)
    {
        using Socket socket = Connect(endPoint);
        if (turn % 2 == 0)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        SendWhatIsTaken(socket, request.Span);
    }

    private static void SendWhatIsTaken(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            socket.Send(bytes);
        }
        catch (SocketException)
        {
            // It has read enough.
        }
    }

    /// <summary>A request whose answer has these many bytes.</summary>
    private static byte[] LargeAnswer(int bytes)
    {
        string json = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"inputs\":[{{\"name\":\"x\",\"shape\":[{bytes}],\"datatype\":\"UINT8\",")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"\"parameters\":{{\"binary_data_size\":{bytes}}}}}],\"parameters\":{{\"binary_data_output\":true}}}}");
        byte[] head = Text(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v2/models/bytes/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: {json.Length}\r\n")
            + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {json.Length + bytes}\r\n\r\n{json}"));
        return [.. head, .. new byte[bytes]];
    }

    private static void MustAnswer(IPEndPoint endPoint)
    {
        using RawHttp http = RawHttp.Connect(endPoint);
        (int status, string body) = http.Ask("POST", Tiny, RawHttp.AddSubBody);
        Assert.True(status == 200, body);
    }

    private void MustBeAsBefore(ServeProcess server, IPEndPoint endPoint, Vitals before, long growthMax)
    {
        MustAnswer(endPoint);
        Assert.False(server.Process.HasEnded);
        Vitals.WaitForDescriptors(server.Process.Pid, before.Descriptors + 2);
        long growth = Vitals.Of(server.Process.Pid).ResidentBytes - before.ResidentBytes;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{growth / 1024} KB grown."));
        Assert.True(growth < growthMax, $"{growth / Megabyte} MB grown.");
    }
}
