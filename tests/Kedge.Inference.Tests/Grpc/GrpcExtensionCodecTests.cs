using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.Inference.Logging;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Statistics;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tracing;
using Kedge.ModelServer.Http;
using OpenInference;
using OutputTensor = OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;
using ServedStatistics = Kedge.Inference.Statistics.ModelStatistics;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>Triton's extensions in our codec beside that of protobuf, both ways.</summary>
public sealed class GrpcExtensionCodecTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_configuration_says_the_same_as_its_json(int rows)
    {
        SchedulingOptions scheduling = new()
        {
            Instances = 2,
            CacheBytes = rows > 1 ? 4096 : 0,
            Batching = new()
            {
                MaxSize = rows, Preferred = rows > 1 ? [2, 4] : [], MaxDelayUs = 70, QueueMax = 9, TimeoutUs = 5000,
                Priorities = [new(), new()], DefaultPriority = 2,
            },
        };
        foreach (ModelSignature signature in (ModelSignature[])
            [TinyModels.AddSubSignature, .. TensorTypes.All.Select(TinyModels.IdentitySignature)])
        {
            ModelConfig config = ModelConfigResponse.Parser.ParseFrom(
                GrpcModelConfig.Write("tiny", "onnxruntime_onnx", "onnxruntime", signature, scheduling)).Config;
            JsonElement json = JsonDocument.Parse(
                ModelConfigWriter.Write("tiny", "onnxruntime_onnx", "onnxruntime", signature, scheduling)).RootElement;

            // Protobuf's own JSON of the message: every field that it has is in ours, with the same value.
            JsonElement written = JsonDocument.Parse(new JsonFormatter(new JsonFormatter.Settings(false)
                .WithPreserveProtoFieldNames(true)).Format(config)).RootElement;
            AssertWithin(written, json, "config");
            Assert.Equal(
                json.GetProperty("input")[0].GetProperty("dims").GetArrayLength(), config.Input[0].Dims.Count);
            Assert.Equal(ModelInstanceGroup.Types.Kind.Cpu, config.InstanceGroup[0].Kind);
            Assert.Equal(rows > 1, config.DynamicBatching is not null);
            Assert.Equal(rows > 1, config.ResponseCache.Enable);
            Assert.Equal(ModelVersionPolicy.PolicyChoiceOneofCase.All, config.VersionPolicy.PolicyChoiceCase);
        }
    }

    [Fact]
    public void Statistics_are_read_as_they_are()
    {
        DurationCount Of(int n) => new(n, n * 1000);
        ServedStatistics model = new()
        {
            Name = "tiny", Version = "3", LastInferenceMs = 1_800_000_000_000, InferenceCount = 5, ExecutionCount = 4,
            Success = Of(1), Fail = Of(2), Queue = Of(3), ComputeInput = Of(4), ComputeInfer = Of(5),
            ComputeOutput = Of(6), CacheHit = Of(7), CacheMiss = Of(0),
            Batches = [new(1, Of(11), Of(12), Of(13)), new(8, Of(21), Of(22), Of(23))],
        };
        ModelStatisticsResponse read = ModelStatisticsResponse.Parser.ParseFrom(GrpcStatistics.Write([model, model]));
        Assert.Equal(2, read.ModelStats.Count);
        OpenInference.ModelStatistics one = read.ModelStats[1];
        Assert.Equal(("tiny", "3", 1_800_000_000_000ul, 5ul, 4ul),
            (one.Name, one.Version, one.LastInference, one.InferenceCount, one.ExecutionCount));
        InferStatistics sums = one.InferenceStats;
        Assert.Equal(
            [1ul, 2ul, 3ul, 4ul, 5ul, 6ul, 7ul, 0ul],
            ((StatisticDuration[])
            [
                sums.Success, sums.Fail, sums.Queue, sums.ComputeInput, sums.ComputeInfer, sums.ComputeOutput,
                sums.CacheHit, sums.CacheMiss,
            ]).Select(static duration => duration.Count));
        Assert.Equal(7000ul, sums.CacheHit.Ns);
        Assert.Equal((8ul, 21ul, 22ul, 23_000ul), (
            one.BatchStats[1].BatchSize, one.BatchStats[1].ComputeInput.Count, one.BatchStats[1].ComputeInfer.Count,
            one.BatchStats[1].ComputeOutput.Ns));
    }

    [Fact]
    public void The_repository_is_read_and_written()
    {
        RepositoryIndexResponse index = RepositoryIndexResponse.Parser.ParseFrom(GrpcRepository.WriteIndex(
            [new("a", "1", "READY"), new("b", "", "UNAVAILABLE", "unloaded ü")]));
        Assert.Equal(("a", "1", "READY", ""), Entry(index.Models[0]));
        Assert.Equal(("b", "", "UNAVAILABLE", "unloaded ü"), Entry(index.Models[1]));

        Assert.Null(GrpcRepository.ReadIndex([], out bool onlyReady));
        Assert.False(onlyReady);
        Assert.Null(GrpcRepository.ReadIndex(new RepositoryIndexRequest { Ready = true }.ToByteArray(), out onlyReady));
        Assert.True(onlyReady);
        Assert.Equal(InferErrors.RepositoryNamed.Code, GrpcRepository.ReadIndex(
            new RepositoryIndexRequest { RepositoryName = "r" }.ToByteArray(), out _)?.Code);

        RepositoryModelLoadRequest load = new() { ModelName = "tiny ü" };
        load.Parameters["whatever"] = new ModelRepositoryParameter { BytesParam = ByteString.CopyFromUtf8("x") };
        Assert.Null(GrpcRepository.ReadLoad(load.ToByteArray(), out string name));
        Assert.Equal("tiny ü", name);
        foreach (string key in (string[])["config", "file:1/model.onnx"])
        {
            RepositoryModelLoadRequest files = new() { ModelName = "tiny" };
            files.Parameters[key] = new ModelRepositoryParameter { StringParam = "{}" };
            Assert.Equal(
                InferErrors.ParameterInvalid.Code, GrpcRepository.ReadLoad(files.ToByteArray(), out _)?.Code);
        }

        load.RepositoryName = "r";
        Assert.Equal(
            InferErrors.RepositoryNamed.Code, GrpcRepository.ReadLoad(load.ToByteArray(), out _)?.Code);
        RepositoryModelUnloadRequest unload = new() { ModelName = "tiny" };
        Assert.Null(GrpcRepository.ReadUnload(unload.ToByteArray(), out name, out bool dependents));
        Assert.Equal(("tiny", false), (name, dependents));
        unload.Parameters["unload_dependents"] = new ModelRepositoryParameter { BoolParam = true };
        Assert.Null(GrpcRepository.ReadUnload(unload.ToByteArray(), out _, out dependents));
        Assert.True(dependents);
    }

    [Fact]
    public void Trace_settings_go_there_and_back_and_none_sets_back()
    {
        TraceBoard board = new();
        TraceSettingRequest request = new() { ModelName = "tiny" };
        Assert.Null(GrpcSettings.ReadTrace(request.ToByteArray(), out string model, out byte[]? change));
        Assert.Equal(("tiny", null), (model, change));
        request.Settings["trace_level"] = Words("OFF", "TIMESTAMPS");
        request.Settings["trace_rate"] = Words("7");
        Assert.Null(GrpcSettings.ReadTrace(request.ToByteArray(), out _, out change));
        Assert.Null(board.Change("", change));
        TraceSettingResponse told =
            TraceSettingResponse.Parser.ParseFrom(GrpcSettings.WriteTrace(board.Of("").Setting));
        Assert.Equal(["TIMESTAMPS"], told.Settings["trace_level"].Value);
        Assert.Equal(["7"], told.Settings["trace_rate"].Value);
        Assert.Equal(["-1"], told.Settings["trace_count"].Value);
        Assert.Equal([""], told.Settings["trace_file"].Value);
        Assert.Equal(
            JsonDocument.Parse(board.Read("")).RootElement.EnumerateObject().Select(static p => p.Name).Order(),
            told.Settings.Keys.Order());

        TraceSettingRequest back = new();
        back.Settings["trace_rate"] = new();
        Assert.Null(GrpcSettings.ReadTrace(back.ToByteArray(), out _, out change));
        Assert.Null(board.Change("", change));
        Assert.Equal(1000, board.Of("").Setting.Rate);
        TraceSettingRequest wrong = new();
        wrong.Settings["trace_level"] = Words("TENSORS");
        Assert.Null(GrpcSettings.ReadTrace(wrong.ToByteArray(), out _, out change));
        Assert.Equal(InferErrors.SettingInvalid.Code, board.Change("", change)?.Code);
    }

    [Fact]
    public void Log_settings_go_there_and_back()
    {
        LogSetting setting = new();
        Assert.Null(GrpcSettings.ReadLog([], out byte[]? change));
        Assert.Null(change);
        LogSettingsRequest request = new();
        request.Settings["log_info"] = new() { BoolParam = false };
        request.Settings["log_verbose_level"] = new() { Uint32Param = 2 };
        request.Settings["log_format"] = new() { StringParam = "default" };
        Assert.Null(GrpcSettings.ReadLog(request.ToByteArray(), out change));
        Assert.Null(setting.Change(change, out LogSetting changed));
        Assert.Equal((false, 2, false), (changed.Info, changed.VerboseLevel, changed.IsIso));
        LogSettingsResponse told = LogSettingsResponse.Parser.ParseFrom(GrpcSettings.WriteLog(changed));
        Assert.Equal(
            LogSettingsResponse.Types.SettingValue.ParameterChoiceOneofCase.BoolParam,
            told.Settings["log_info"].ParameterChoiceCase);
        Assert.False(told.Settings["log_info"].BoolParam);
        Assert.True(told.Settings["log_errors"].BoolParam);
        Assert.Equal(2u, told.Settings["log_verbose_level"].Uint32Param);
        Assert.Equal("default", told.Settings["log_format"].StringParam);
        Assert.Equal(
            JsonDocument.Parse(changed.Write()).RootElement.EnumerateObject().Select(static p => p.Name).Order(),
            told.Settings.Keys.Order());
        foreach (LogSettingsRequest.Types.SettingValue wrong in (LogSettingsRequest.Types.SettingValue[])
            [new(), new() { Uint32Param = 1 }, new() { StringParam = "yes" }])
        {
            LogSettingsRequest broken = new();
            broken.Settings["log_info"] = wrong;
            Assert.Null(GrpcSettings.ReadLog(broken.ToByteArray(), out change));
            Assert.Equal(InferErrors.SettingInvalid.Code, setting.Change(change, out _)?.Code);
        }
    }

    [Fact]
    public void Tensors_lie_in_shared_memory_beside_raw_ones()
    {
        byte[] memory = new byte[4096];
        using Mapping mapping = new();
        RegionTable regions = new();
        Assert.Null(regions.TryAdd(new SharedRegion("mine", memory, mapping)));
        MemoryMarshal.Cast<byte, int>(memory.AsSpan(128, 64))[15] = 40;
        ModelInferRequest request = Messages.AddSub(raw: true);
        request.RawInputContents.RemoveAt(0);
        Place(request.Inputs[0].Parameters, "mine", 128, 64);
        request.Outputs.Add(new OutputTensor { Name = "OUTPUT1" });
        request.Outputs.Add(new OutputTensor { Name = "OUTPUT0" });
        Place(request.Outputs[1].Parameters, "mine", 1024, 100);
        using IInferenceSession session = TinyModels.MemoryAddSub();
        InferenceCall call = new(session.Signature);
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call, regions));
        Assert.True(call.Extensions.HoldsMemory);
        Assert.Null(session.Run(call));
        ModelInferResponse answer = Answer(call);
        Assert.Equal(["OUTPUT1", "OUTPUT0"], answer.Outputs.Select(static output => output.Name));
        Assert.Empty(answer.Outputs[0].Parameters);
        Assert.Equal("mine", answer.Outputs[1].Parameters["shared_memory_region"].StringParam);
        Assert.Equal(1024, answer.Outputs[1].Parameters["shared_memory_offset"].Int64Param);
        Assert.Equal(64, answer.Outputs[1].Parameters["shared_memory_byte_size"].Int64Param);
        Assert.Equal([64, 0], answer.RawOutputContents.Select(static raw => raw.Length));
        Assert.Equal(55, MemoryMarshal.Cast<byte, int>(memory.AsSpan(1024, 64))[15]);

        // Numbers in place of raw ones: nothing for the output that lies elsewhere.
        request.Parameters["binary_data_output"] = new InferParameter { BoolParam = false };
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call, regions));
        Assert.Null(session.Run(call));
        answer = Answer(call);
        Assert.Empty(answer.RawOutputContents);
        Assert.Equal(16, answer.Outputs[0].Contents.IntContents.Count);
        Assert.Null(answer.Outputs[1].Contents);
        call.Clear();
        Assert.True(regions.Remove("mine"));
        Assert.True(mapping.IsGone);
    }

    [Theory]
    [InlineData("KEDGE-INFER-025", "gone", 0, 64)]
    [InlineData("KEDGE-INFER-004", "mine", 0, 63)]
    [InlineData("KEDGE-INFER-026", "mine", 4090, 64)]
    [InlineData("KEDGE-INFER-026", "mine", 0, 65)]
    [InlineData("KEDGE-INFER-021", "mine", -1, 64)]
    [InlineData("KEDGE-INFER-021", "mine", 0, -1)]
    [InlineData("KEDGE-INFER-021", "", 0, 64)]
    public void Wrong_shared_memory_is_refused_as_over_rest(string code, string region, int offset, int byteCount)
    {
        RegionTable regions = new();
        using Mapping mapping = new();
        Assert.Null(regions.TryAdd(new SharedRegion("mine", new byte[4096], mapping)));
        ModelInferRequest request = Messages.AddSub(raw: true);
        request.RawInputContents.RemoveAt(0);
        Place(request.Inputs[0].Parameters, region, offset, byteCount);
        InferenceCall call = new(TinyModels.AddSubSignature);
        Assert.Equal(code, GrpcRequestReader.Read(request.ToByteArray(), call, regions)?.Code);
        Assert.Equal(
            region.Length == 0 ? "KEDGE-INFER-021" : "KEDGE-INFER-025",
            GrpcRequestReader.Read(request.ToByteArray(), call)?.Code[..15]);
        call.Clear();
    }

    [Fact]
    public void Classes_come_as_texts_and_wrong_counts_are_refused()
    {
        ModelInferRequest request = Messages.AddSub(raw: true);
        request.Outputs.Add(new OutputTensor { Name = "OUTPUT0" });
        request.Outputs[0].Parameters["classification"] = new InferParameter { Int64Param = 2 };
        using IInferenceSession session = TinyModels.MemoryAddSub();
        InferenceCall call = new(session.Signature);
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call));
        Assert.Null(session.Run(call));
        ModelInferResponse answer = Answer(call);
        Assert.Equal(("BYTES", "30:15"), (
            answer.Outputs[0].Datatype, Encoding.UTF8.GetString(answer.RawOutputContents[0].Span[4..9])));
        Assert.Equal([1, 2], answer.Outputs[0].Shape);
        request.Outputs[0].Parameters["binary_data"] = new InferParameter { BoolParam = false };
        Assert.Null(GrpcRequestReader.Read(request.ToByteArray(), call));
        Assert.Null(session.Run(call));
        Assert.Equal(
            ["30:15", "28:14"],
            Answer(call).Outputs[0].Contents.BytesContents.Select(static text => text.ToStringUtf8()));
        foreach (InferParameter wrong in (InferParameter[])
            [new() { Int64Param = 0 }, new() { Int64Param = 10_001 }, new() { BoolParam = true }])
        {
            request.Outputs[0].Parameters["classification"] = wrong;
            Assert.Equal("KEDGE-INFER-021", GrpcRequestReader.Read(request.ToByteArray(), call)?.Code);
        }

        Assert.Equal(
            ["a"], SystemSharedMemoryStatusResponse.Parser.ParseFrom(
                GrpcRegions.WriteStatus([new SharedRegion("a", new byte[5], new Mapping())])).Regions.Keys);
    }

    [Fact]
    public void Every_error_has_the_status_of_grpc_that_goes_with_that_of_http()
    {
        foreach (ErrorCode code in typeof(InferErrors).GetFields().Concat(typeof(ServeErrors).GetFields())
            .Select(static field => field.GetValue(null)).OfType<ErrorCode>())
        {
            GrpcStatus status = GrpcStatuses.Of(code.Code);
            GrpcStatus[] expected = HttpAnswers.StatusOf(code.Code) switch
            {
                403 => [GrpcStatus.PermissionDenied],
                404 => code == InferErrors.AddressUnknown ? [GrpcStatus.InvalidArgument] : [GrpcStatus.NotFound],
                413 => [GrpcStatus.ResourceExhausted],
                499 => [GrpcStatus.Cancelled],
                500 => [GrpcStatus.Internal],
                503 => [GrpcStatus.Unavailable],

                // What only gRPC can say is not among those of HTTP.
                _ => code == InferErrors.StreamEnded ? [GrpcStatus.Unavailable]
                    : code == InferErrors.DeadlinePassed ? [GrpcStatus.DeadlineExceeded]
                    : code == InferErrors.AnswerTooLarge ? [GrpcStatus.ResourceExhausted]
                    : [GrpcStatus.InvalidArgument, GrpcStatus.Unimplemented],
            };
            Assert.Contains(status, expected);
        }
    }

    [Fact]
    public void Control_messages_of_any_bytes_are_answered()
    {
        Random random = new(4);
        TraceSettingRequest right = new() { ModelName = "tiny" };
        right.Settings["trace_level"] = Words("OFF", "TIMESTAMPS");
        byte[] seed = right.ToByteArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. seed[..random.Next(seed.Length + 1)]];
            for (int i = random.Next(4); i > 0 && bytes.Length > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            GrpcSettings.ReadTrace(bytes, out _, out byte[]? change);
            _ = change is null ? null : new TraceBoard().Change("", change);
            GrpcSettings.ReadLog(bytes, out change);
            _ = change is null ? null : new LogSetting().Change(change, out _);
            GrpcRepository.ReadIndex(bytes, out _);
            GrpcRepository.ReadLoad(bytes, out _);
            GrpcRepository.ReadUnload(bytes, out _, out _);
        }
    }

    [Fact]
    public void A_call_is_written_as_the_request_of_rest_that_it_could_have_been()
    {
        Random random = new(5);
        foreach (TensorType type in TensorTypes.All)
        {
            Tensor tensor = Messages.Random(type, 9, random);
            InferenceCall call = new(TinyModels.IdentitySignature(type));
            Assert.Null(GrpcRequestReader.Read(Messages.Identity(tensor, raw: true).ToByteArray(), call));
            byte[] body = InferenceClient.WriteRequest(call, out int jsonBytes);
            InferenceCall read = new(TinyModels.IdentitySignature(type));
            Assert.Null(InferenceRequestReader.Read(body, jsonBytes, read));
            Assert.Equal(tensor.Bytes, read.Inputs[0].Bytes);
            Assert.True(read.IsBinary(0));
        }
    }

    private static ModelInferResponse Answer(InferenceCall call)
    {
        ArrayBufferWriter<byte> output = new();
        Assert.Null(new GrpcResponseWriter("tiny", "1").Write(output, call, inStream: false, out int byteCount));
        Assert.Equal(output.WrittenCount, byteCount + GrpcFrame.HeadBytes);
        return ModelInferResponse.Parser.ParseFrom(output.WrittenSpan[GrpcFrame.HeadBytes..]);
    }

    private static void Place(
        Google.Protobuf.Collections.MapField<string, InferParameter> parameters, string region, int offset, int count)
    {
        if (region.Length > 0)
        {
            parameters["shared_memory_region"] = new InferParameter { StringParam = region };
        }

        parameters["shared_memory_offset"] = new InferParameter { Int64Param = offset };
        parameters["shared_memory_byte_size"] = new InferParameter { Int64Param = count };
    }

    private static TraceSettingRequest.Types.SettingValue Words(params string[] words) => new() { Value = { words } };

    private static (string, string, string, string) Entry(RepositoryIndexResponse.Types.ModelIndex entry) =>
        (entry.Name, entry.Version, entry.State, entry.Reason);

    private static void AssertWithin(JsonElement part, JsonElement whole, string path)
    {
        switch (part.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in part.EnumerateObject())
                {
                    Assert.True(whole.TryGetProperty(property.Name, out JsonElement other), $"{path}.{property.Name}");
                    AssertWithin(property.Value, other, $"{path}.{property.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(whole.GetArrayLength(), part.GetArrayLength());
                foreach ((JsonElement one, JsonElement other) in part.EnumerateArray().Zip(whole.EnumerateArray()))
                {
                    AssertWithin(one, other, path + "[]");
                }

                break;
            default:
                // Protobuf writes 64 bits as text.
                Assert.Equal(whole.ToString(), part.ToString());
                break;
        }
    }

    private sealed class Mapping : IDisposable
    {
        public bool IsGone { get; private set; }

        public void Dispose() => IsGone = true;
    }
}
