using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Kedge.Inference.Control;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Triton's extensions over gRPC, asked of a real process.</summary>
public sealed class GrpcExtensionTests
{
    private const int PermissionDenied = 7;
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public async Task The_owner_asks_for_everything_that_rest_tells_him()
    {
        using ServeProcess server = new ServeProcess("1", change: static config => config.SharedMemory = true)
            .WaitFor(ServeStates.Ready);
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        await GoodAsync(own, "ModelInfer", Messages.AddSub(raw: true), ModelInferResponse.Parser);
        ModelConfig config = (await GoodAsync(
            own, "ModelConfig", new ModelConfigRequest { Name = "tiny" }, ModelConfigResponse.Parser)).Config;
        Assert.Equal(("tiny", "onnxruntime_onnx", "onnxruntime"), (config.Name, config.Platform, config.Backend));
        Assert.Equal([16], config.Input[1].Dims);
        Assert.Equal(DataType.TypeInt32, config.Output[0].DataType);
        foreach (string name in (string[])["", "tiny"])
        {
            ModelStatisticsResponse counted = await GoodAsync(
                own, "ModelStatistics", new ModelStatisticsRequest { Name = name }, ModelStatisticsResponse.Parser);
            Assert.Equal(1ul, counted.ModelStats.Single().InferenceStats.Success.Count);
        }

        Assert.Equal(5, (await own.AskAsync(
            "ModelStatistics", new ModelStatisticsRequest { Name = "gone" }, ModelStatisticsResponse.Parser)).Status);
        Assert.Equal(5, (await own.AskAsync(
            "ModelConfig", new ModelConfigRequest { Name = "tiny", Version = "9" }, ModelConfigResponse.Parser))
            .Status);

        await UnloadAndLoadAsync(own);
        await SetAsync(own);
        Assert.Empty((await GoodAsync(
            own, "SystemSharedMemoryStatus", new SystemSharedMemoryStatusRequest(),
            SystemSharedMemoryStatusResponse.Parser)).Regions);
        await GoodAsync(
            own, "SystemSharedMemoryUnregister", new SystemSharedMemoryUnregisterRequest { Name = "none" },
            SystemSharedMemoryUnregisterResponse.Parser);
        (int status, string message, _) = await own.AskAsync(
            "SystemSharedMemoryRegister", new SystemSharedMemoryRegisterRequest { Name = "a", Key = "/a" },
            SystemSharedMemoryRegisterResponse.Parser);
        Assert.Equal(3, status);
        Assert.StartsWith("KEDGE-INFER-028", message, StringComparison.Ordinal);
        Assert.Equal(12, (await own.AskAsync("CudaSharedMemoryStatus", new ServerLiveRequest(),
            ServerLiveResponse.Parser)).Status);
    }

    [Fact]
    public async Task Control_is_closed_on_the_public_socket_unless_it_is_opened()
    {
        using ServeProcess server = new("1", change: static config => config.OpenControl = ["logging"]);
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 16);
        Assert.True(server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        using GrpcPeer anyone = new(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
        foreach (string call in (string[])
        [
            "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload", "TraceSetting",
            "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister",
        ])
        {
            (int status, string message, _) = await anyone.AskAsync(
                call, new ServerLiveRequest(), ServerLiveResponse.Parser);
            Assert.Equal(PermissionDenied, status);
            Assert.StartsWith("KEDGE-INFER-024", message, StringComparison.Ordinal);
        }

        await GoodAsync(anyone, "LogSettings", new LogSettingsRequest(), LogSettingsResponse.Parser);
        await GoodAsync(anyone, "ModelStatistics", new ModelStatisticsRequest(), ModelStatisticsResponse.Parser);
        await GoodAsync(
            anyone, "ModelConfig", new ModelConfigRequest { Name = "tiny" }, ModelConfigResponse.Parser);
    }

    [Fact]
    public async Task Requests_are_traced_logged_and_counted_as_those_of_rest()
    {
        using ServeProcess server = new ServeProcess("1", change: static config => config.AccessLogEvery = 1)
            .WaitFor(ServeStates.Ready);
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        TraceSettingRequest on = new();
        on.Settings["trace_level"] = new() { Value = { "TIMESTAMPS" } };
        on.Settings["trace_rate"] = new() { Value = { "1" } };
        await GoodAsync(own, "TraceSetting", on, TraceSettingResponse.Parser);
        Assert.Equal(0, (await own.AskAsync(
            "ModelInfer", Messages.AddSub(raw: true), ModelInferResponse.Parser, ("traceparent", TraceParent))).Status);
        ModelInferRequest wrong = Messages.AddSub(raw: true);
        wrong.Inputs[0].Shape[0] = 2;
        Assert.Equal(3, (await own.AskAsync("ModelInfer", wrong, ModelInferResponse.Parser)).Status);
        using (GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(own))
        {
            stream.Send(Messages.AddSub(raw: true));
            Assert.Equal("", (await stream.ReceiveAsync())?.ErrorMessage);
            stream.SendEnd();
            Assert.Null(await stream.ReceiveAsync());
        }

        List<ControlTrace> traces = [];
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                traces.AddRange(server.Ask(ControlOps.Spans).Traces!);
                return traces.Count == 3;
            },
            TimeSpan.FromSeconds(30)));
        Assert.All(traces, static trace => Assert.Equal(("grpc", "tiny", "1"), (
            trace.Protocol, trace.Model, trace.Version)));
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", null), (
            traces[0].Trace, traces[0].Parent, traces[0].Error));
        Assert.True(traces[0].RunNs > 0 && traces[0].ParseNs > 0 && traces[0].WriteNs > 0);
        Assert.Equal("KEDGE-INFER-004", traces[1].Error);

        Assert.True(SpinWait.SpinUntil(
            () => server.Log.Contains("ModelStreamInfer", StringComparison.Ordinal), TimeSpan.FromSeconds(30)));
        Assert.Matches(@"POST /inference\.GRPCInferenceService/ModelInfer 0 1\d\d bytes \d+ us", server.Log);
        Assert.Matches(@"POST /inference\.GRPCInferenceService/ModelInfer 3 0 bytes \d+ us", server.Log);
        using RawHttp http = server.Connect();
        string metrics = http.Ask("GET", "/metrics").Body;
        Assert.Contains(
            "kedge_serve_client_requests_total{client=\"local\",outcome=\"success\"} 2", metrics,
            StringComparison.Ordinal);
        Assert.Contains(
            "kedge_serve_client_requests_total{client=\"local\",outcome=\"failure\"} 1", metrics,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tensor_goes_through_shared_memory()
    {
        using ServeProcess server = new(
            "1", model: TinyModels.Identity(TensorType.Float32), change: static config => config.SharedMemory = true);
        server.WaitFor(ServeStates.Ready);
        using SharedMapping memory = SharedMapping.Create(4096, out FileDescriptor descriptor);
        using (descriptor)
        {
            using LineChannel channel = LineChannel.Connect(
                Path.Combine(Path.GetDirectoryName(server.HttpSocket)!, "memory.sock"));
            channel.Exchange(
                new RegionRequest { Name = "mine", ByteSize = 4096 }.ToLine(), descriptor, TimeSpan.FromSeconds(30));
            using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
            Assert.Equal(4096ul, (await GoodAsync(
                own, "SystemSharedMemoryStatus", new SystemSharedMemoryStatusRequest { Name = "mine" },
                SystemSharedMemoryStatusResponse.Parser)).Regions["mine"].ByteSize);
            MemoryMarshal.Cast<byte, float>(memory.GetSpan())[17] = 42.5f;
            ModelInferRequest request = new()
            {
                ModelName = "tiny",
                Inputs =
                {
                    new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 4 } },
                },
                Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "y" } },
            };
            Place(request.Inputs[0].Parameters, 64);
            Place(request.Outputs[0].Parameters, 1024);
            ModelInferResponse answer = await GoodAsync(own, "ModelInfer", request, ModelInferResponse.Parser);
            Assert.Equal(1024, answer.Outputs[0].Parameters["shared_memory_offset"].Int64Param);
            Assert.Equal([0], answer.RawOutputContents.Select(static raw => raw.Length));
            Assert.Equal(42.5f, MemoryMarshal.Cast<byte, float>(memory.GetSpan())[257]);
            request.Inputs[0].Parameters["shared_memory_region"].StringParam = "gone";
            (int status, string message, _) = await own.AskAsync("ModelInfer", request, ModelInferResponse.Parser);
            Assert.Equal(5, status);
            Assert.StartsWith("KEDGE-INFER-025", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Kept_answers_come_without_a_run_whichever_protocol_asked_first()
    {
        using ServeProcess server = new(
            "1", change: static config => config.Models[0].Scheduling = new() { CacheBytes = 1 << 20 });
        using RawHttp http = server.WaitFor(ServeStates.Ready).Connect();
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        Assert.Equal(200, http.Ask("POST", "/v2/models/tiny/infer", RawHttp.AddSubBody).Status);
        for (int i = 0; i < 3; i++)
        {
            ModelInferResponse answer = await GoodAsync(
                own, "ModelInfer", Messages.AddSub(raw: i == 0), ModelInferResponse.Parser);
            Assert.Equal(30, MemoryMarshal.Cast<byte, int>(answer.RawOutputContents[0].Span)[15]);
        }

        OpenInference.ModelStatistics counted = (await GoodAsync(
            own, "ModelStatistics", new ModelStatisticsRequest(), ModelStatisticsResponse.Parser)).ModelStats[0];
        Assert.Equal((1ul, 3ul, 1ul), (
            counted.ExecutionCount, counted.InferenceStats.CacheHit.Count, counted.InferenceStats.CacheMiss.Count));
    }

    [Fact]
    public async Task Copies_of_requests_go_to_another_server_and_are_compared()
    {
        using ServeProcess first = new("1");
        using ServeProcess second = new("2");
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 16);
        Assert.True(first.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        second.WaitFor(ServeStates.Ready);
        using FileDescriptor connection = ListeningSocket.ConnectUnix(second.HttpSocket);
        ControlRequest begin = new()
        {
            Op = ControlOps.Shadow, Shadow = "tiny.2", SharePpm = 1_000_000, TolerancePpm = 0,
        };
        Assert.True(first.Ask(begin, connection, out _).Ok);
        using GrpcPeer peer = new(IPEndPoint.Parse(ListeningSocket.Describe(listener)));
        ModelInferRequest classes = Messages.AddSub(raw: false);
        classes.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "OUTPUT0" });
        classes.Outputs[0].Parameters["classification"] = new InferParameter { Int64Param = 3 };
        for (int i = 0; i < 10; i++)
        {
            await GoodAsync(
                peer, "ModelInfer", i % 2 == 0 ? Messages.AddSub(raw: true) : classes, ModelInferResponse.Parser);
        }

        ControlShadow? counts = null;
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                counts = first.Ask(begin, null, out _).Shadow;
                return counts?.Compared + counts?.Dropped == 10;
            },
            TimeSpan.FromSeconds(30)), $"{counts}");
        Assert.Equal((counts!.Compared, ""), (counts.Agreed, counts.First));
        Assert.InRange(counts.Compared, 1, 10);
    }

    [Fact]
    public async Task A_full_queue_is_unavailable_and_says_when_to_come_again()
    {
        using ServeProcess server = new(
            "1", models: [("slow", SlowModel.Bytes)],
            change: static config => config.Models[0].Scheduling = new()
            {
                Instances = 1, Batching = new() { QueueMax = 2 },
            });
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        byte[] frame = GrpcPeer.Frame(SlowModel.Request.ToByteArray());
        int refused = 0;
        for (int round = 0; round < 100 && refused < 5; round++)
        {
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(
                _ => own.SendAsync(GrpcPeer.Service + "ModelInfer", new ByteArrayContent(frame))));
            foreach (HttpResponseMessage answer in answers)
            {
                byte[] body = await answer.Content.ReadAsByteArrayAsync();
                (int status, string message) = GrpcPeer.StatusOf(answer);
                Assert.True(status is 0 or 14, $"{status} {message}");
                if (status == 14)
                {
                    refused++;
                    Assert.StartsWith("KEDGE-INFER-030", message, StringComparison.Ordinal);
                    string pushback = answer.Headers.GetValues("grpc-retry-pushback-ms").Single();
                    Assert.InRange(int.Parse(pushback, CultureInfo.InvariantCulture), 1000, 600_000);
                    Assert.Empty(body);
                }
            }
        }

        Assert.True(refused >= 5, $"{refused} were refused.");
    }

    [Fact]
    public async Task One_who_left_while_he_waited_is_not_computed()
    {
        using ServeProcess server = new(
            "1", models: [("slow", SlowModel.Bytes)],
            change: static config => config.Models[0].Scheduling = new() { Instances = 1 });
        server.WaitFor(ServeStates.Ready);
        using GrpcPeer own = new(new UnixDomainSocketEndPoint(server.HttpSocket));
        using RawHttp http = server.Connect();
        byte[] frame = GrpcPeer.Frame(SlowModel.Request.ToByteArray());
        const string Path = GrpcPeer.Service + "ModelInfer";
        double left = 0;
        for (int round = 0; round < 100 && left == 0; round++)
        {
            using CancellationTokenSource leaving = new();
            List<Task> stay = [];
            List<Task> leave = [];
            for (int i = 0; i < 40; i++)
            {
                stay.Add(own.AskAsync(Path, frame));
                leave.Add(own.AskAsync(Path, frame, leaving.Token));
            }

            SpinWait.SpinUntil(
                () => stay[0].IsCompleted || Sample(http, "nv_inference_pending_request_count", "") > 20,
                TimeSpan.FromSeconds(30));
            await leaving.CancelAsync();
            await Task.WhenAll(stay);
            await Task.WhenAny(Task.WhenAll(leave));
            left = Sample(http, "nv_inference_request_failure", ",reason=\"CANCELED\"");
        }

        Assert.True(left > 0);
        Assert.Equal(
            Sample(http, "nv_inference_request_success", ""), Sample(http, "nv_inference_exec_count", ""));
    }

    private static double Sample(RawHttp http, string name, string more)
    {
        string start = $"{name}{{model=\"slow\",version=\"1\"{more}}} ";
        string line = http.Ask("GET", "/metrics").Body.Split('\n').Single(
            line => line.StartsWith(start, StringComparison.Ordinal));
        return double.Parse(line[start.Length..], CultureInfo.InvariantCulture);
    }

    private static async Task UnloadAndLoadAsync(GrpcPeer own)
    {
        RepositoryIndexRequest ready = new() { Ready = true };
        Assert.Equal("READY", (await GoodAsync(
            own, "RepositoryIndex", ready, RepositoryIndexResponse.Parser)).Models.Single().State);
        await GoodAsync(
            own, "RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "tiny" },
            RepositoryModelUnloadResponse.Parser);
        Assert.Empty((await GoodAsync(own, "RepositoryIndex", ready, RepositoryIndexResponse.Parser)).Models);
        Assert.Equal("UNAVAILABLE", (await GoodAsync(
            own, "RepositoryIndex", new RepositoryIndexRequest(), RepositoryIndexResponse.Parser))
            .Models.Single().State);
        Assert.Equal(5, (await own.AskAsync(
            "ModelInfer", Messages.AddSub(raw: true), ModelInferResponse.Parser)).Status);
        Assert.False((await GoodAsync(
            own, "ModelReady", new ModelReadyRequest { Name = "tiny" }, ModelReadyResponse.Parser)).Ready);
        await GoodAsync(
            own, "RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "tiny" },
            RepositoryModelLoadResponse.Parser);
        await GoodAsync(own, "ModelInfer", Messages.AddSub(raw: true), ModelInferResponse.Parser);
        (int status, string message, _) = await own.AskAsync(
            "RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "none" },
            RepositoryModelLoadResponse.Parser);
        Assert.Equal(5, status);
        Assert.StartsWith("KEDGE-SERVE-024", message, StringComparison.Ordinal);
        Assert.Equal(12, (await own.AskAsync(
            "RepositoryIndex", new RepositoryIndexRequest { RepositoryName = "other" },
            RepositoryIndexResponse.Parser)).Status);
    }

    private static async Task SetAsync(GrpcPeer own)
    {
        TraceSettingRequest trace = new() { ModelName = "tiny" };
        trace.Settings["trace_rate"] = new() { Value = { "7" } };
        Assert.Equal(["7"], (await GoodAsync(
            own, "TraceSetting", trace, TraceSettingResponse.Parser)).Settings["trace_rate"].Value);
        Assert.Equal(["1000"], (await GoodAsync(
            own, "TraceSetting", new TraceSettingRequest(), TraceSettingResponse.Parser)).Settings["trace_rate"].Value);
        trace.Settings["trace_rate"] = new() { Value = { "0" } };
        (int status, string message, _) = await own.AskAsync("TraceSetting", trace, TraceSettingResponse.Parser);
        Assert.Equal(3, status);
        Assert.StartsWith("KEDGE-INFER-027", message, StringComparison.Ordinal);
        trace.ModelName = "none";
        Assert.Equal(5, (await own.AskAsync("TraceSetting", trace, TraceSettingResponse.Parser)).Status);
        LogSettingsRequest log = new();
        log.Settings["log_verbose_level"] = new() { Uint32Param = 1 };
        Assert.Equal(1u, (await GoodAsync(
            own, "LogSettings", log, LogSettingsResponse.Parser)).Settings["log_verbose_level"].Uint32Param);
        log.Settings["log_file"] = new() { StringParam = "/tmp/x" };
        Assert.Equal(3, (await own.AskAsync("LogSettings", log, LogSettingsResponse.Parser)).Status);
    }

    private static void Place(
        Google.Protobuf.Collections.MapField<string, InferParameter> parameters, int offset)
    {
        parameters["shared_memory_region"] = new InferParameter { StringParam = "mine" };
        parameters["shared_memory_offset"] = new InferParameter { Int64Param = offset };
        parameters["shared_memory_byte_size"] = new InferParameter { Int64Param = 16 };
    }

    private static async Task<T> GoodAsync<T>(GrpcPeer peer, string method, IMessage request, MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        (int status, string message, T? answer) = await peer.AskAsync(method, request, parser);
        Assert.Equal((0, ""), (status, message));
        return answer ?? new T();
    }
}
