using System.Text;
using Kedge.Agent.Http;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Http;

public sealed class HttpExchangeTests
{
    private const string Sized = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world";
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n6;note=x\r\n world\r\n0\r\nTrailer: y\r\n\r\n";

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Sized, 1)]
    [InlineData(Sized, 4096)]
    [InlineData(Chunked, 1)]
    [InlineData(Chunked, 4096)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n" + Sized, 3)]
    public async Task A_body_is_read_whole_however_it_is_cut_into_pieces(string answer, int piece)
    {
        HttpExchange exchange = Over(answer, piece);
        HttpAnswer read = await Ask(exchange);
        Assert.True(read.IsWhole);
        Assert.Equal("hello world", Encoding.ASCII.GetString(read.Body.Span));
        Assert.True(exchange.IsOpen);
    }

    [Theory]
    [InlineData(Sized)]
    [InlineData(Chunked)]
    public async Task An_answer_cut_at_any_byte_is_never_taken_as_whole(string answer)
    {
        for (int length = 0; length < answer.Length; length++)
        {
            HttpExchange exchange = Over(answer[..length]);
            try
            {
                HttpAnswer read = await Ask(exchange);
                Assert.False(read.IsWhole, $"cut at {length}");
                string body = Encoding.ASCII.GetString(read.Body.Span);
                Assert.StartsWith(body, "hello world", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                Assert.True(length <= answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4 || answer == Chunked);
            }

            Assert.False(exchange.IsOpen);
        }
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/2 200\r\n\r\n")]
    [InlineData("HTTP/1.1 20x OK\r\n\r\n")]
    [InlineData("HTTP/1.1 99 Low\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nno length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nx")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n")]
    public async Task What_is_no_answer_ends_the_connection(string garbage)
    {
        HttpExchange exchange = Over(garbage);
        _ = await Assert.ThrowsAsync<IOException>(() => Ask(exchange));
        Assert.False(exchange.IsOpen);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8\r\nabcdefgh\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "More: trailer\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "abcdefgh")]
    [InlineData("HTTP/1.1 200 OK\r\n", "Header: again\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nHeader: ", "aaaaaaaa")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task An_endless_answer_is_left_at_its_bound(string start, string repeated)
    {
        ScriptedStream stream = new(Encoding.ASCII.GetBytes(start), 1024, Encoding.ASCII.GetBytes(repeated));
        HttpExchange exchange = new(stream, new ManualTime(), Idle);
        _ = await Assert.ThrowsAsync<IOException>(() => Ask(exchange));
        Assert.False(exchange.IsOpen);
        Assert.InRange(stream.Taken, 0, 128 * 1024);
    }

    [Fact]
    public async Task More_bytes_than_the_length_said_are_no_next_answer()
    {
        HttpExchange exchange = Over(Sized + "and more\r\n");
        Assert.True((await Ask(exchange)).IsWhole);
        _ = await Assert.ThrowsAsync<IOException>(() => Ask(exchange));
        Assert.False(exchange.IsOpen);
    }

    private static HttpExchange Over(string answer, int piece = int.MaxValue) =>
        new(new ScriptedStream(Encoding.ASCII.GetBytes(answer), piece), new ManualTime(), Idle);

    private static async Task<HttpAnswer> Ask(HttpExchange exchange) => await exchange.SendAsync(
        new HttpRequest { Path = "/", Host = "test", BodyBytesMax = 16 * 1024 }, CancellationToken.None);
}
