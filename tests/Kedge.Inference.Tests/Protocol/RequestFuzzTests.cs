using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Logging;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tracing;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>
/// Whatever bytes come as a request, with JSON, with binary data or raw, or as settings: an answer, never an exception.
/// <c>KEDGE_FUZZ_SEED</c> and <c>KEDGE_FUZZ_SECONDS</c> choose where to begin and how long to go on.
/// </summary>
public sealed class RequestFuzzTests
{
    private static readonly ModelSignature Signature = new(
        [new("a", TensorType.Float32, [-1, 2]), new("t", TensorType.Bytes, [2])],
        [new("y", TensorType.Float32, [-1, 2])]);

    private static readonly string[] Seeds =
    [
        """
        {"id":"q","parameters":{"priority":1,"timeout":5,"binary_data_output":true},"inputs":[
         {"name":"a","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}},
         {"name":"t","shape":[2],"datatype":"BYTES","data":["x","\u00e9"]}],
         "outputs":[{"name":"y","parameters":{"classification":2,"binary_data":false}}]}
        """,
        """
        {"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","parameters":{"shared_memory_region":"r",
         "shared_memory_offset":16,"shared_memory_byte_size":8}},{"data":[["x"],["y"]],"name":"t","shape":[2],
         "datatype":"BYTES"}],"outputs":[{"name":"y","parameters":{"shared_memory_region":"r",
         "shared_memory_byte_size":8}}]}
        """,
        """
        {"trace_level":["TIMESTAMPS"],"trace_rate":"5","trace_count":null,"log_frequency":2,
         "parameters":{"config":""}}
        """,
        """{"log_info":true,"log_verbose_level":1,"log_format":"default","ready":true}""",
    ];

    [Fact]
    public void Changed_requests_never_make_a_reader_throw()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("KEDGE_FUZZ_SEED"), out int given)
            ? given
            : 20_261_129;
        string? seconds = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SECONDS");
        TimeSpan budget = TimeSpan.FromSeconds(
            seconds is null ? 0 : double.Parse(seconds, CultureInfo.InvariantCulture));
        long began = Stopwatch.GetTimestamp();
        RegionTable regions = new();
        Assert.Null(regions.TryAdd(new SharedRegion("r", new byte[64], new MemoryStream())));
        InferenceCall call = new(Signature);
        using InferenceResponseWriter writer = new();
        for (int round = 0; round < 4_000 || Stopwatch.GetElapsedTime(began) < budget; round++)
        {
            byte[] body = Mutate(seed + round, out int jsonBytes);
            try
            {
                Read(body, jsonBytes, call, regions, writer);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"KEDGE_FUZZ_SEED={seed + round} ./dev fuzz 1 replays this\n{exception}\n"
                    + Encoding.Latin1.GetString(body));
            }
        }
    }

    private static void Read(
        byte[] body, int jsonBytes, InferenceCall call, RegionTable regions, InferenceResponseWriter writer)
    {
        Finding? fault = InferenceRequestReader.Read(body, jsonBytes, call, regions);
        if (fault is null)
        {
            call.Outputs[0].CopyFrom(Tensor.Of("y", TensorType.Float32, [1, 2], [1f, float.NaN]));
            _ = writer.Write("m", "1", call);
        }

        _ = RawRequestReader.Read(body, call);
        _ = new TraceBoard().Change("", body);
        _ = new LogSetting().Change(body, out _);
        _ = RepositoryCodec.ReadLoad(body) ?? RepositoryCodec.ReadUnload(body, out _)
            ?? RepositoryCodec.ReadIndex(body, out _);
        _ = TraceParent.Parse(Encoding.Latin1.GetString(body));
    }

    private static byte[] Mutate(int seed, out int jsonBytes)
    {
        Random random = new(seed);
        byte[] json = Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]);
        List<byte> body = [.. json, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];
        for (int change = random.Next(0, 8); change > 0 && body.Count > 1; change--)
        {
            int at = random.Next(body.Count);
            switch (random.Next(4))
            {
                case 0:
                    body.RemoveRange(at, Math.Min(random.Next(1, 20), body.Count - at));
                    break;
                case 1:
                    body[at] = (byte)random.Next(256);
                    break;
                case 2:
                    body.InsertRange(at, body.GetRange(random.Next(body.Count), 1));
                    break;
                default:
                    body[at] = "{}[]\",:0-9e.\\tfnu"u8[random.Next(17)];
                    break;
            }
        }

        jsonBytes = random.Next(3) == 0 ? random.Next(body.Count + 2) : Math.Max(body.Count - 8, 0);
        return [.. body];
    }
}
