using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kedge.Inference.Control;
using Kedge.Inference.Tensors;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Triton's extensions over HTTP, asked of a real process.</summary>
public sealed class RestExtensionTests
{
    private const string Infer = "/v2/models/tiny/infer";

    [Fact]
    public async Task Server_and_model_say_what_they_are_as_triton_does()
    {
        using ServeProcess server = new ServeProcess("1").WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        Assert.Equal(
            Flat("""
                ["classification","model_repository","model_repository(unload_dependents)","schedule_policy",
                "model_configuration","binary_tensor_data",
                "parameters","statistics","trace","logging"]
                """),
            (await JsonAsync(client, "/v2")).GetProperty("extensions").GetRawText());
        Assert.Equal("""{"models":["tiny"]}""", await client.GetStringAsync("/v2/models"));
        Assert.Equal(
            Flat("""
                {"name":"tiny","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"INPUT0",
                "datatype":"INT32","shape":[-1,16]},{"name":"INPUT1","datatype":"INT32","shape":[-1,16]}],
                "outputs":[{"name":"OUTPUT0","datatype":"INT32","shape":[-1,16]},{"name":"OUTPUT1",
                "datatype":"INT32","shape":[-1,16]}]}
                """),
            await client.GetStringAsync("/v2/models/tiny"));
        JsonElement config = await JsonAsync(client, "/v2/models/tiny/versions/1/config");
        Assert.Equal("onnxruntime", config.GetProperty("backend").GetString());
        Assert.Equal("TYPE_INT32", config.GetProperty("input")[1].GetProperty("data_type").GetString());
        Assert.Equal("[16]", config.GetProperty("output")[0].GetProperty("dims").GetRawText());
        Assert.Equal("KIND_CPU", config.GetProperty("instance_group")[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Statistics_count_what_was_asked()
    {
        using ServeProcess server = new ServeProcess("1").WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(client, Infer, RawHttp.AddSubBody)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(client, Infer, "{}")).StatusCode);
        foreach (string path in new[]
        {
            "/v2/models/stats", "/v2/models/tiny/stats", "/v2/models/tiny/versions/1/stats",
        })
        {
            JsonElement one = (await JsonAsync(client, path)).GetProperty("model_stats")[0];
            Assert.Equal("tiny", one.GetProperty("name").GetString());
            Assert.Equal(3, one.GetProperty("inference_count").GetInt64());
            JsonElement sums = one.GetProperty("inference_stats");
            Assert.Equal(3, sums.GetProperty("success").GetProperty("count").GetInt64());
            Assert.Equal(1, sums.GetProperty("fail").GetProperty("count").GetInt64());
            Assert.True(sums.GetProperty("success").GetProperty("ns").GetInt64() > 0);
            Assert.True(one.GetProperty("last_inference").GetInt64() > 1_700_000_000_000);
            Assert.Equal(1, one.GetProperty("batch_stats")[0].GetProperty("batch_size").GetInt64());
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v2/models/none/stats")).StatusCode);
    }

    [Fact]
    public async Task Control_is_closed_on_the_public_socket_unless_it_is_opened()
    {
        using ServeProcess server = new("1", change: static config => config.OpenControl = ["logging"]);
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 16);
        Assert.True(server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        using HttpClient anyone = new() { BaseAddress = new Uri("http://" + ListeningSocket.Describe(listener)) };
        foreach ((string method, string path) in new[]
        {
            ("POST", "/v2/repository/index"), ("POST", "/v2/repository/models/tiny/unload"),
            ("GET", "/v2/trace/setting"), ("POST", "/v2/models/tiny/trace/setting"),
            ("GET", "/v2/systemsharedmemory/status"), ("POST", "/v2/systemsharedmemory/unregister"),
        })
        {
            using HttpRequestMessage request = new(new HttpMethod(method), path);
            HttpResponseMessage closed = await anyone.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);
            Assert.StartsWith(
                """{"error":"KEDGE-INFER-024: """, await closed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await anyone.GetAsync("/v2/logging")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anyone.GetAsync("/v2/models/tiny/stats")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await anyone.GetAsync("/metrics")).StatusCode);

        using HttpClient owner = Client(server);
        HttpResponseMessage index = await PostAsync(owner, "/v2/repository/index", """{"ready":true}""");
        Assert.Equal(
            """[{"name":"tiny","version":"1","state":"READY","reason":""}]""", await index.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await owner.GetAsync("/v2/repository/index")).StatusCode);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await PostAsync(
                owner, "/v2/repository/models/tiny/load", """{"parameters":{"config":"{}"}}""")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound, (await PostAsync(owner, "/v2/repository/models/none/load", "")).StatusCode);
    }

    [Fact]
    public async Task Traces_follow_their_settings_and_are_handed_out_once()
    {
        using ServeProcess server = new ServeProcess("1").WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        Assert.Equal(
            Flat("""
                {"trace_file":"","trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1",
                "log_frequency":"0","trace_mode":"opentelemetry"}
                """),
            await client.GetStringAsync("/v2/trace/setting"));
        await PostAsync(client, Infer, RawHttp.AddSubBody);
        Assert.Empty(server.Ask(ControlOps.Spans).Traces!);
        HttpResponseMessage set = await PostAsync(
            client, "/v2/trace/setting",
            """{"trace_level":["TIMESTAMPS"],"trace_rate":"2","trace_count":4,"log_frequency":"2"}""");
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        for (int i = 0; i < 4; i++)
        {
            await PostAsync(client, Infer, RawHttp.AddSubBody);
        }

        using HttpRequestMessage traced = Request(Infer, RawHttp.AddSubBody);
        traced.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await client.SendAsync(traced);
        using HttpRequestMessage unsampled = Request(Infer, RawHttp.AddSubBody);
        unsampled.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        await client.SendAsync(unsampled);
        using HttpRequestMessage broken = Request(Infer, "{}");
        broken.Headers.Add("traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await client.SendAsync(broken);

        ControlTrace[] traces = await TracesAsync(server, 4);
        Assert.All(traces, static t => Assert.Equal(
            (32, 16, "tiny", "1"), (t.Trace.Length, t.Span.Length, t.Model, t.Version)));
        Assert.All(traces, static t => Assert.True(t.AtNs > 1_700_000_000_000_000_000 && t.ParseNs > 0));
        Assert.True(traces[2].RunNs > 0 && traces[2].AcceptNs >= 0 && traces[2].WriteNs > 0);
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), (traces[2].Trace, traces[2].Parent));
        Assert.Equal("KEDGE-INFER-007", traces[3].Error);
        Assert.Empty(server.Ask(ControlOps.Spans).Traces!);
        Assert.Equal(
            "0", (await JsonAsync(client, "/v2/trace/setting")).GetProperty("trace_count").GetString());
        Assert.Contains(" 3012 Trace ", server.Log, StringComparison.Ordinal);

        await PostAsync(client, "/v2/models/tiny/trace/setting", """{"trace_level":"OFF","trace_rate":"7"}""");
        Assert.Equal(
            "7", (await JsonAsync(client, "/v2/models/tiny/trace/setting")).GetProperty("trace_rate").GetString());
        Assert.Equal("2", (await JsonAsync(client, "/v2/trace/setting")).GetProperty("trace_rate").GetString());
        await PostAsync(client, "/v2/models/tiny/trace/setting", "");
        Assert.Equal(
            "2", (await JsonAsync(client, "/v2/models/tiny/trace/setting")).GetProperty("trace_rate").GetString());
        foreach (string wrong in new[]
        {
            """{"trace_level":["TENSORS"]}""", """{"trace_file":"/etc/passwd"}""", """{"trace_rate":"0"}""",
            """{"trace_rate":{}}""", """{"no_such":"1"}""", """{"trace_mode":"triton"}""", "[]", "{",
        })
        {
            Assert.Equal(
                HttpStatusCode.BadRequest, (await PostAsync(client, "/v2/trace/setting", wrong)).StatusCode);
        }
    }

    [Fact]
    public async Task The_log_follows_its_settings()
    {
        using ServeProcess server = new ServeProcess("1").WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        Assert.Equal(
            Flat("""
                {"log_file":"","log_info":true,"log_warnings":true,"log_errors":true,
                "log_verbose_level":0,"log_format":"ISO8601","log_access_every":0}
                """),
            await client.GetStringAsync("/v2/logging"));
        await client.GetStringAsync("/v2/health/live");
        Assert.DoesNotContain("/v2/health/live", server.Log, StringComparison.Ordinal);
        HttpResponseMessage set = await PostAsync(
            client, "/v2/logging", """{"log_verbose_level":1,"log_format":"default"}""");
        Assert.Contains("\"log_verbose_level\":1", await set.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await client.GetStringAsync("/v2/health/live");
        Assert.Matches(
            @"I\d{4} \d\d:\d\d:\d\d\.\d{6} 3011\] GET /v2/health/live 200 13 bytes \d+ us",
            await LogWith(server, "health/live"));
        await PostAsync(client, "/v2/logging", """{"log_info":false}""");
        await client.GetStringAsync("/v2/health/ready");
        await PostAsync(client, "/v2/logging", """{"log_info":true,"log_verbose_level":0,"log_access_every":2}""");
        for (int i = 0; i < 10; i++)
        {
            await client.GetStringAsync("/v2/models/tiny/ready");
        }

        string log = await LogWith(server, "tiny/ready");
        Assert.DoesNotContain("/v2/health/ready", log, StringComparison.Ordinal);
        Assert.InRange(log.Split("/v2/models/tiny/ready").Length - 1, 4, 6);
        foreach (string wrong in new[]
        {
            """{"log_file":"/tmp/x"}""", """{"log_info":1}""", """{"log_verbose_level":-1}""", """{"x":true}""", "",
        })
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(client, "/v2/logging", wrong)).StatusCode);
        }
    }

    [Fact]
    public async Task Compressed_requests_are_read_and_answers_compressed_where_that_is_liked()
    {
        using ServeProcess server = new(
            "1", model: TinyModels.Identity(TensorType.UInt8), change: static c => c.RequestBytesMax = 64 * 1024);
        server.WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        string numbers = string.Join(',', Enumerable.Repeat("1", 2000));
        string body = $$"""{"inputs":[{"name":"x","shape":[2000],"datatype":"UINT8","data":[{{numbers}}]}]}""";
        string plain = await (await PostAsync(client, Infer, body)).Content.ReadAsStringAsync();
        foreach (string encoding in new[] { "gzip", "deflate" })
        {
            using HttpRequestMessage packed = Packed(Encoding.UTF8.GetBytes(body), encoding);
            packed.Headers.Add("Accept-Encoding", $"br, {encoding}, identity;q=0.5");
            HttpResponseMessage answer = await client.SendAsync(packed);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(encoding, Assert.Single(answer.Content.Headers.ContentEncoding));
            await using Stream stream = await answer.Content.ReadAsStreamAsync();
            await using Stream unpacked = encoding == "gzip"
                ? new GZipStream(stream, CompressionMode.Decompress)
                : new ZLibStream(stream, CompressionMode.Decompress);
            using StreamReader reader = new(unpacked);
            Assert.Equal(plain, await reader.ReadToEndAsync());
        }

        using HttpRequestMessage unknown = Request(Infer, body);
        unknown.Content!.Headers.ContentEncoding.Add("br");
        HttpResponseMessage refused = await client.SendAsync(unknown);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        Assert.Equal("gzip, deflate", string.Join(", ", refused.Headers.GetValues("Accept-Encoding")));

        using HttpRequestMessage bomb = Packed(new byte[50_000_000], "gzip");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.SendAsync(bomb)).StatusCode);
        using HttpRequestMessage broken = Request(Infer, "this is no gzip");
        broken.Content!.Headers.ContentEncoding.Add("gzip");
        HttpResponseMessage told = await client.SendAsync(broken);
        Assert.Equal(HttpStatusCode.BadRequest, told.StatusCode);
        Assert.Contains("KEDGE-INFER-023", await told.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(plain, await (await PostAsync(client, Infer, body)).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_raw_request_is_answered_with_bytes()
    {
        using ServeProcess server = new ServeProcess("1", model: TinyModels.Identity(TensorType.Float32))
            .WaitFor(ServeStates.Ready);
        using HttpClient client = Client(server);
        using HttpRequestMessage request = new(HttpMethod.Post, Infer)
        {
            Content = new ByteArrayContent([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]),
        };
        request.Headers.Add("Inference-Header-Content-Length", "0");
        HttpResponseMessage answer = await client.SendAsync(request);
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        int json = int.Parse(Assert.Single(answer.Headers.GetValues("Inference-Header-Content-Length")));
        Assert.Equal([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], bytes[json..]);
        Assert.Contains(
            """{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}""",
            Encoding.UTF8.GetString(bytes, 0, json),
            StringComparison.Ordinal);
    }

    private static HttpClient Client(ServeProcess server) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(server.HttpSocket), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://own"),
    };

    private static HttpRequestMessage Request(string path, string body) => new(HttpMethod.Post, path)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };

    private static HttpRequestMessage Packed(byte[] body, string encoding)
    {
        MemoryStream packed = new();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(body);
        }

        HttpRequestMessage request = new(HttpMethod.Post, Infer) { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentEncoding.Add(encoding);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body)
    {
        using HttpRequestMessage request = Request(path, body);
        return await client.SendAsync(request);
    }

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path) =>
        JsonDocument.Parse(await client.GetStringAsync(path)).RootElement;

    // A trace ends when its answer has been sent, which its client may see a little earlier.
    private static async Task<ControlTrace[]> TracesAsync(ServeProcess server, int count)
    {
        List<ControlTrace> traces = [];
        for (int i = 0; i < 500 && traces.Count < count; i++)
        {
            traces.AddRange(server.Ask(ControlOps.Spans).Traces!);
            await Task.Delay(10);
        }

        Assert.Equal(count, traces.Count);
        return [.. traces];
    }

    private static string Flat(string lines) => lines.ReplaceLineEndings("");

    // The line is written when the request has ended, which its client may see a little earlier.
    private static async Task<string> LogWith(ServeProcess server, string text)
    {
        for (int i = 0; i < 500 && !server.Log.Contains(text, StringComparison.Ordinal); i++)
        {
            await Task.Delay(10);
        }

        return server.Log;
    }
}
