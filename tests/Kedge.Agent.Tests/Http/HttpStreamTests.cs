using System.Text;
using Kedge.Agent.Http;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Http;

/// <summary>A body that goes to a sink: whatever came of it is there, and no byte more than was announced.</summary>
public sealed class HttpStreamTests
{
    private const string Sized = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world";

    [Fact]
    public async Task A_body_that_is_cut_at_any_byte_is_in_the_sink_as_far_as_it_came()
    {
        int body = Sized.IndexOf("hello", StringComparison.Ordinal);
        for (int length = body; length <= Sized.Length; length++)
        {
            foreach (int piece in new[] { 1, 3, 4096 })
            {
                Sink sink = new();
                HttpExchange exchange = Over(Sized[..length], piece);
                HttpAnswer answer = await AskAsync(exchange, sink);
                Assert.Equal("hello world"[..(length - body)], sink.Text);
                Assert.Equal(length == Sized.Length, answer.IsWhole);
                Assert.Equal(length == Sized.Length, exchange.IsOpen);
                Assert.False(answer.IsStopped);
            }
        }
    }

    [Fact]
    public async Task An_endless_body_gives_what_it_announced_and_a_sink_that_wants_no_more_ends_it()
    {
        ScriptedStream stream = new(
            Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"),
            4096,
            Encoding.ASCII.GetBytes("more and more"));
        Sink sink = new() { BytesMax = 100_000 };
        HttpExchange exchange = new(stream, new ManualTime(), TimeSpan.FromSeconds(30));
        HttpAnswer answer = await AskAsync(exchange, sink);
        Assert.True(answer.IsStopped);
        Assert.False(exchange.IsOpen);
        Assert.InRange(sink.Bytes, 100_000, 100_000 + (16 * 1024));
        Assert.InRange(stream.Taken, 100_000, 100_000 + (32 * 1024));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nno length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    public async Task A_body_whose_length_nobody_knows_is_not_streamed(string answer)
    {
        Sink sink = new();
        HttpExchange exchange = Over(answer, 4096);
        _ = await Assert.ThrowsAsync<IOException>(() => AskAsync(exchange, sink));
        Assert.Equal(0, sink.Bytes);
        Assert.False(exchange.IsOpen);
    }

    [Fact]
    public async Task A_refusal_is_read_whole_and_not_given_to_the_sink()
    {
        Sink sink = new();
        HttpExchange exchange = Over("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}", 4096);
        HttpAnswer answer = await AskAsync(exchange, sink);
        Assert.Equal((503, 2, TimeSpan.FromSeconds(7)), (answer.Status, answer.Body.Length, answer.RetryAfter));
        Assert.Equal(0, sink.Bytes);
        Assert.True(exchange.IsOpen);
    }

    private static HttpExchange Over(string answer, int piece) => new(
        new ScriptedStream(Encoding.ASCII.GetBytes(answer), piece), new ManualTime(), TimeSpan.FromSeconds(30));

    private static Task<HttpAnswer> AskAsync(HttpExchange exchange, Sink sink) => exchange.SendAsync(
        new HttpRequest { Path = "/v1/chunks/x", Host = "server" }, sink, default).AsTask();

    private sealed class Sink : IBodySink
    {
        private readonly StringBuilder _text = new();

        public long BytesMax { get; init; } = long.MaxValue;

        public long Bytes => _text.Length;

        public string Text => _text.ToString();

        public ValueTask<bool> BeginAsync(HttpHead head, CancellationToken cancel) => new(true);

        public ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
        {
            Assert.InRange(piece.Length, 1, 16 * 1024);
            _ = _text.Append(Encoding.ASCII.GetString(piece.Span));
            return new ValueTask<bool>(_text.Length < BytesMax);
        }
    }
}
