using System.Net;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>The model server as a process, over real sockets.</summary>
public sealed class ServeProcessTests
{
    private const string Infer = "/v2/models/tiny/infer";

    [Fact]
    public void It_loads_answers_on_its_own_socket_then_on_the_one_that_it_is_handed()
    {
        using ServeProcess server = new("1");
        server.WaitFor(ServeStates.Ready);
        using RawHttp own = server.Connect();
        Assert.Equal((200, """{"live":true}"""), own.Ask("GET", "/v2/health/live"));
        Assert.Equal((200, """{"ready":true}"""), own.Ask("GET", "/v2/health/ready"));
        Assert.Contains("binary_tensor_data", own.Ask("GET", "/v2").Body, StringComparison.Ordinal);
        Assert.Contains(
            """{"name":"INPUT0","datatype":"INT32","shape":[-1,16]}""",
            own.Ask("GET", "/v2/models/tiny/versions/1").Body, StringComparison.Ordinal);
        Assert.Equal(200, own.Ask("GET", "/v2/models/tiny/ready").Status);
        Assert.Equal(200, own.Ask("POST", Infer, RawHttp.AddSubBody).Status);

        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        ControlReply reply = server.Ask(ControlOps.Listen, listener);
        Assert.True(reply.Ok, reply.Error);
        Assert.Equal(ServeStates.Serving, reply.State);
        Assert.Equal("the-nonce-1", reply.Nonce);
        Assert.Equal(new ControlModel("tiny", "1", "sha256:1"), Assert.Single(reply.Models));
        using RawHttp connection = RawHttp.Connect(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
        (int status, string body) = connection.Ask("POST", Infer, RawHttp.AddSubBody);
        Assert.Equal(200, status);
        Assert.Contains("\"data\":[0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30]", body, StringComparison.Ordinal);
        Assert.Equal(404, connection.Ask("GET", "/metrics").Status);
        string metrics = own.Ask("GET", "/metrics").Body;
        Assert.Contains(
            "nv_inference_request_success{model=\"tiny\",version=\"1\"} 2", metrics, StringComparison.Ordinal);
        Assert.True(server.Ask(ControlOps.Stop).Ok);
        Assert.Equal(0, server.WaitForExit());
    }

    [Fact]
    public void Bad_requests_get_their_status_and_code_and_the_connection_goes_on()
    {
        using ServeProcess server = new("1", change: config => config.RequestBytesMax = 4096);
        using RawHttp http = server.WaitFor(ServeStates.Ready).Connect();
        Expect(400, "KEDGE-INFER-001", http.Ask("POST", Infer, RawHttp.AddSubBody[..^10]));
        Expect(400, "KEDGE-INFER-004", http.Ask(
            "POST", Infer, RawHttp.AddSubBody.Replace("[1,16]", "[2,16]", StringComparison.Ordinal)));
        Expect(404, "KEDGE-INFER-009", http.Ask("POST", "/v2/models/other/infer", RawHttp.AddSubBody));
        Expect(404, "KEDGE-INFER-009", http.Ask("POST", "/v2/models/tiny/versions/9/infer", RawHttp.AddSubBody));
        Expect(404, "KEDGE-INFER-010", http.Ask("GET", "/v2/repository/none"));
        Expect(405, "KEDGE-INFER-010", http.Ask("GET", Infer));
        Assert.Equal(200, http.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Expect(413, "KEDGE-INFER-008", http.Ask("POST", Infer, new string(' ', 5000)));
        ControlReply status = server.Ask(ControlOps.Status);
        Assert.Equal(4, status.Requests);
        Assert.Equal(3, status.Failures);
    }

    [Fact]
    public void Figures_count_answers_by_their_time_and_failures_apart()
    {
        using ServeProcess server = new("1");
        using RawHttp http = server.WaitFor(ServeStates.Ready).Connect();
        ControlReply none = server.Ask(ControlOps.Figures);
        Assert.Equal((true, 0, 0, ""), (none.Ok, none.Requests, none.Failures, none.Latency));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(200, http.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        }

        Expect(400, "KEDGE-INFER-001", http.Ask("POST", Infer, RawHttp.AddSubBody[..^10]));
        ControlReply figures = server.Ask(ControlOps.Figures);
        Assert.Equal((21, 1), (figures.Requests, figures.Failures));
        Assert.Empty(figures.Models);
        Assert.True(LatencySketch.TryParse(figures.Latency ?? "-", out LatencySketch? latency));
        Assert.Equal(20, latency.Total);
        Assert.InRange(latency.Quantile(0.5), 1, 60e6);
        Assert.Null(server.Ask(ControlOps.Status).Latency);
    }

    [Fact]
    public void Values_are_counted_beside_a_reference_where_there_is_one()
    {
        using ServeProcess without = new("1");
        Assert.Null(without.WaitFor(ServeStates.Ready).Ask(ControlOps.Figures).Values);

        ValueReference[] references = [Hundred(true, "INPUT0"), Hundred(true, "gone"), Hundred(false, "OUTPUT0")];
        using ServeProcess server = new("1", reference: ValueReference.Format(references));
        using RawHttp http = server.WaitFor(ServeStates.Ready).Connect();
        Assert.Equal("", server.Ask(ControlOps.Figures).Values);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(200, http.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        }

        ControlReply figures = server.Ask(ControlOps.Figures);
        Assert.True(ValueTally.TryParse(figures.Values ?? "-", out ValueTally? values));
        Assert.Equal(3, values.Tensors.Length);
        Assert.InRange(values.Tensors[0].Samples, 1, 20); // One each 10 ms.
        Assert.Equal(values.Tensors[0].Samples, values.Tensors[2].Samples);
        Assert.Equal(0, values.Tensors[1].Samples);
        Assert.All(
            values.Tensors.Where(static t => t.Samples > 0), static t => Assert.Equal(0, t.Bins.Sum() % t.Samples));
        Assert.Null(server.Ask(ControlOps.Status).Values);

        using ServeProcess odd = new("1", reference: "what is this");
        Assert.Null(odd.WaitFor(ServeStates.Ready).Ask(ControlOps.Figures).Values);
    }

    private static ValueReference Hundred(bool isInput, string name) =>
        ValueReference.Of(isInput, name, [.. Enumerable.Range(0, 100).Select(static i => (double[])[i])])!;

    [Fact]
    public void The_largest_figures_fit_into_a_line()
    {
        long[] counts = [.. Enumerable.Repeat(FigureWindow.RequestsMax / LatencySketch.Buckets, LatencySketch.Buckets)];
        ControlReply reply = new()
        {
            Ok = true,
            Error = new string('x', 1000),
            Nonce = new string('x', 128),
            Requests = FigureWindow.RequestsMax,
            Latency = LatencySketch.Of(counts).ToString(),
            Values = new string('9', ValueTally.CharsMax),
        };
        Assert.InRange(reply.Latency.Length, 1, LatencySketch.TextCharsMax);
        Assert.True(ControlReply.TryParse(reply.ToLine(), out ControlReply? read));
        Assert.Equal(reply.Latency, read.Latency);
    }

    [Fact]
    public void A_second_version_takes_over_under_load_without_one_failed_request()
    {
        using ServeProcess first = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        first.WaitFor(ServeStates.Ready);
        Assert.True(first.Ask(ControlOps.Listen, listener).Ok);
        using Load load = new(IPEndPoint.Parse(ListeningSocket.Describe(listener)), clients: 4);
        load.WaitFor(() => load.Answers("1") > 200);

        using ServeProcess second = new("2");
        second.WaitFor(ServeStates.Ready);
        Assert.True(first.Ask(ControlOps.Listener, out FileDescriptor? handed).Ok);
        using (handed)
        {
            Assert.True(second.Ask(ControlOps.Listen, handed).Ok);
        }

        Assert.Equal(ServeStates.Draining, first.Ask(ControlOps.Drain, deadlineMs: 60_000).State);
        Assert.Equal(0, first.WaitForExit());
        long before = load.Answers("2");
        load.WaitFor(() => load.Answers("2") > before + 500);
        load.Stop();
        Assert.Empty(load.Failures);
        Assert.True(load.Answers("1") > 200);
    }

    [Fact]
    public void A_crash_of_one_does_not_disturb_the_other_on_the_same_listener()
    {
        using ServeProcess first = new("1");
        using ServeProcess second = new("2");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(first.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        Assert.True(second.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        first.Process.Signal(9);
        Assert.Equal(-9, first.WaitForExit());
        for (int i = 0; i < 50; i++)
        {
            using RawHttp http = RawHttp.Connect(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
            Assert.Contains(
                "\"model_version\":\"2\"", http.Ask("POST", Infer, RawHttp.AddSubBody).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_drain_leaves_idle_connections_open_and_can_be_taken_back()
    {
        using ServeProcess server = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        using RawHttp idle = RawHttp.Connect(endPoint);
        Assert.Equal(200, idle.Ask("GET", "/v2/health/live").Status);
        Assert.False(idle.Closes);
        Assert.Equal(1, server.Ask(ControlOps.Drain, deadlineMs: 600_000).OpenConnections);
        Assert.Equal(ServeStates.Draining, server.Ask(ControlOps.Status).State);

        using RawHttp waiting = RawHttp.Connect(endPoint);
        Assert.Equal(1, server.Ask(ControlOps.Status).OpenConnections);
        Assert.Equal(ServeStates.Serving, server.Ask(ControlOps.Resume).State);
        Assert.Equal(200, waiting.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.False(waiting.Closes);

        Assert.Equal(2, server.Ask(ControlOps.Drain, deadlineMs: 600_000).OpenConnections);
        Assert.Equal(200, idle.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.True(idle.Closes);
        Assert.Equal(200, waiting.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.Equal(0, server.WaitForExit());
        Assert.True(ListeningSocket.IsListening(listener));
    }

    [Fact]
    public void One_that_was_parked_has_let_go_of_the_listener_and_takes_another()
    {
        using ServeProcess server = new("1");
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        using RawHttp busy = RawHttp.Connect(endPoint);
        Assert.Equal(200, busy.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.Equal(ServeStates.Draining, server.Ask(ControlOps.Park, deadlineMs: 600_000).State);
        Assert.Equal(200, busy.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.True(busy.Closes);
        server.WaitFor(ServeStates.Ready);
        Assert.False(server.Ask(ControlOps.Listener).Ok);
        Assert.False(server.Ask(ControlOps.Resume).Ok);
        Assert.True(server.Ask(ControlOps.Park).Ok);

        // The port is free once we have let go of it too.
        listener.Dispose();
        using FileDescriptor another = ListeningSocket.OpenTcp(endPoint, 64);
        Assert.True(server.Ask(ControlOps.Listen, another).Ok);
        using RawHttp again = RawHttp.Connect(endPoint);
        Assert.Equal(200, again.Ask("POST", Infer, RawHttp.AddSubBody).Status);
        Assert.False(again.Closes);
        Assert.Equal(2 + 1, server.Ask(ControlOps.Status).Requests);
    }

    [Fact]
    public void Parking_cuts_who_stays_at_the_deadline_and_can_be_taken_back_before()
    {
        using ServeProcess server = new("1");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        using RawHttp idle = RawHttp.Connect(endPoint);
        Assert.Equal(200, idle.Ask("GET", "/v2/health/live").Status);
        Assert.Equal(ServeStates.Draining, server.Ask(ControlOps.Park, deadlineMs: 600_000).State);
        Assert.Equal(ServeStates.Serving, server.Ask(ControlOps.Resume).State);
        Assert.Equal(200, idle.Ask("GET", "/v2/health/live").Status);
        Assert.Equal(1, server.Ask(ControlOps.Park, deadlineMs: 20).OpenConnections);
        Assert.Equal(0, server.WaitFor(ServeStates.Ready).Ask(ControlOps.Status).OpenConnections);
        Assert.True(server.Ask(ControlOps.Listen, listener).Ok);
        using RawHttp again = RawHttp.Connect(endPoint);
        Assert.Equal(200, again.Ask("POST", Infer, RawHttp.AddSubBody).Status);
    }

    [Fact]
    public void Terminating_drains_and_the_deadline_ends_what_stays()
    {
        using ServeProcess server = new("1", change: config => config.DrainMsOnSignal = 50);
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener);
        using RawHttp idle = RawHttp.Connect(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
        Assert.Equal(200, idle.Ask("GET", "/v2/health/live").Status);
        Assert.True(server.Process.Signal(15));
        Assert.Equal(0, server.WaitForExit());
    }

    [Fact]
    public void A_unix_listener_is_served_the_same_way()
    {
        using TemporaryFolder folder = new();
        using ServeProcess server = new("1");
        using FileDescriptor listener = ListeningSocket.OpenUnix(
            folder.File("public.sock"), 64, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.True(server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        System.Net.Sockets.Socket socket = new(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        socket.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(folder.File("public.sock")));
        using RawHttp http = new(socket);
        Assert.Equal(200, http.Ask("POST", Infer, RawHttp.AddSubBody).Status);
    }

    [Fact]
    public void A_broken_model_is_told_as_failed_and_nothing_serves()
    {
        using ServeProcess server = new("1", model: "no model at all"u8.ToArray());
        ControlReply reply = server.WaitFor(ServeStates.Failed).Ask(ControlOps.Status);
        Assert.StartsWith("KEDGE-SERVE-004", reply.Error, StringComparison.Ordinal);
        Assert.StartsWith("KEDGE-SERVE-008", server.Ask(ControlOps.Drain).Error, StringComparison.Ordinal);
        server.Process.Signal(15);
        Assert.Equal(1, server.WaitForExit());
    }

    [Fact]
    public void Wrong_control_lines_are_refused_and_change_nothing()
    {
        using TemporaryFolder folder = new();
        using ServeProcess server = new("1");
        server.WaitFor(ServeStates.Ready);
        Assert.StartsWith("KEDGE-SERVE-007", server.Ask(ControlOps.Listen).Error, StringComparison.Ordinal);
        using WakeSignal noSocket = new();
        Assert.StartsWith(
            "KEDGE-SERVE-007", server.Ask(ControlOps.Listen, noSocket.Descriptor).Error, StringComparison.Ordinal);
        Assert.StartsWith("KEDGE-SERVE-008", server.Ask(ControlOps.Listener).Error, StringComparison.Ordinal);
        Assert.StartsWith("KEDGE-SERVE-008", server.Ask(ControlOps.Resume).Error, StringComparison.Ordinal);
        Assert.StartsWith("KEDGE-SERVE-006", server.Ask("dance").Error, StringComparison.Ordinal);
        Assert.Equal(ServeStates.Ready, server.Ask(ControlOps.Status).State);
    }

    [Fact]
    public void A_wrong_configuration_stops_the_start_with_every_finding()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("c.json"), """
            {"nonce":"x","deployment":"d","instance":"i","models":[],
             "controlSocket":"","httpSocket":"h","connectionsMax":0}
            """);
        using ChildProcess process = ServeProcess.Start(["--config", folder.File("c.json")], folder.File("out"));
        Assert.True(Polling.WaitReadable(process.ExitDescriptor, TimeSpan.FromSeconds(60)));
        Assert.Equal(new ProcessEnd(true, 2), process.TryCollect());
        string[] lines = File.ReadAllLines(folder.File("out"));
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("KEDGE-SERVE-001", line, StringComparison.Ordinal));
    }

    private static void Expect(int status, string code, (int Status, string Body) answer)
    {
        Assert.Equal(status, answer.Status);
        Assert.StartsWith($$"""{"error":"{{code}}: """, answer.Body, StringComparison.Ordinal);
    }
}
