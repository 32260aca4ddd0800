using System.Text.Json;
using Kedge.Agent.Commands;
using Kedge.Core.Device;
using Kedge.Inference.Control;

namespace Kedge.Agent.Tests.Commands;

/// <summary>Traces on their way from a model server to a file.</summary>
public sealed class TraceForwarderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-traces").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_reply_becomes_a_line_that_a_collector_takes()
    {
        InstanceId instance = Instance();
        Queue<ControlTrace[]> replies = new([[Trace("a"), Trace("b", "KEDGE-INFER-011")], [Trace("c")]]);
        using TraceForwarder forwarder = new(
            () => replies.TryDequeue(out ControlTrace[]? next) ? [(instance, next)] : [],
            _folder, new TracesConfig(), TimeProvider.System);
        forwarder.Forward();
        forwarder.Forward();
        forwarder.Forward();
        string[] lines = File.ReadAllLines(Path.Combine(_folder, "spans.jsonl"));
        Assert.Equal(2, lines.Length);
        JsonElement resource = JsonDocument.Parse(lines[0]).RootElement.GetProperty("resourceSpans")[0];
        Assert.Equal(
            instance.ToString(),
            resource.GetProperty("resource").GetProperty("attributes")[1]
                .GetProperty("value").GetProperty("stringValue").GetString());
        JsonElement[] spans = [.. resource.GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray()];
        Assert.Equal(12, spans.Length);
        Assert.Equal(
            ["infer a", "accept", "parse", "queue", "run", "write"],
            spans.Take(6).Select(static s => s.GetProperty("name").GetString()));
        Assert.All(spans.Skip(1).Take(5), s => Assert.Equal(
            spans[0].GetProperty("spanId").GetString(), s.GetProperty("parentSpanId").GetString()));
        Assert.Equal(6, spans.Take(6).Select(static s => s.GetProperty("spanId").GetString()).Distinct().Count());
        Assert.Equal("1000", spans[0].GetProperty("startTimeUnixNano").GetString());
        Assert.Equal("1015", spans[0].GetProperty("endTimeUnixNano").GetString());
        Assert.Equal("1015", spans[5].GetProperty("endTimeUnixNano").GetString());
        Assert.Equal(2, spans[6].GetProperty("status").GetProperty("code").GetInt32());
    }

    [Fact]
    public void The_file_never_takes_more_room_than_it_may()
    {
        InstanceId instance = Instance();
        using TraceForwarder forwarder = new(
            () => [(instance, [.. Enumerable.Range(0, 32).Select(static _ => Trace("model"))])],
            _folder, new TracesConfig { BytesMax = "256Ki" }, TimeProvider.System);
        for (int i = 0; i < 40; i++)
        {
            forwarder.Forward();
            Assert.InRange(Directory.GetFiles(_folder).Sum(static f => new FileInfo(f).Length), 1, 256 * 1024);
        }

        Assert.Equal(2, Directory.GetFiles(_folder).Length);
        Assert.Equal(0, forwarder.Dropped);
    }

    private static InstanceId Instance() => InstanceId.TryParse("bearing.7", out InstanceId id)
        ? id
        : throw new InvalidOperationException("It is an id.");

    private static ControlTrace Trace(string model, string? error = null) => new()
    {
        Trace = "0af7651916cd43dd8448eb211c80319c",
        Span = "b7ad6b7169203331",
        Model = model,
        Version = "1",
        Protocol = "http",
        AtNs = 1000,
        AcceptNs = 1,
        ParseNs = 2,
        QueueNs = 3,
        RunNs = 4,
        WriteNs = 5,
        Error = error,
    };
}
