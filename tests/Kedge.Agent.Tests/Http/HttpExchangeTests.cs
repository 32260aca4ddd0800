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

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task A_side_that_says_nothing_more_before_the_body_is_left_after_the_idle_time(string said)
    {
        ManualTime time = new();
        (HttpExchange exchange, Task<HttpAnswer> asking) = AskSlowly(said, int.MaxValue, time);
        PassUntilSilent(time, asking);
        Assert.False(asking.IsCompleted);
        time.Advance(Idle - TimeSpan.FromTicks(1));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        _ = await Assert.ThrowsAsync<TimeoutException>(() => asking);
        Assert.False(exchange.IsOpen);
        Assert.Null(time.NextTimer);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public async Task A_side_that_says_nothing_more_in_the_body_leaves_what_came_and_the_connection_ends(string said)
    {
        ManualTime time = new();
        (HttpExchange exchange, Task<HttpAnswer> asking) = AskSlowly(said, int.MaxValue, time);
        PassUntilSilent(time, asking);
        time.Advance(Idle);
        HttpAnswer answer = await asking;
        Assert.False(answer.IsWhole);
        Assert.Equal("hello", Encoding.ASCII.GetString(answer.Body.Span));
        Assert.False(exchange.IsOpen);
        Assert.Null(time.NextTimer);
    }

    [Fact]
    public async Task A_slow_side_is_waited_for_as_long_as_a_byte_comes_in_time()
    {
        ManualTime time = new();
        (HttpExchange exchange, Task<HttpAnswer> asking) = AskSlowly(Sized, 1, time);
        for (int i = 0; i < Sized.Length; i++)
        {
            Assert.False(asking.IsCompleted);
            time.Advance(Idle - TimeSpan.FromSeconds(1));
        }

        Assert.True((await asking).IsWhole);
        Assert.True(exchange.IsOpen);
        Assert.True(time.Elapsed > 10 * Idle);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_told_of_an_idle_side()
    {
        ManualTime time = new();
        using CancellationTokenSource cancel = new();
        (HttpExchange exchange, Task<HttpAnswer> asking) = AskSlowly("", 1, time, cancel.Token);
        await cancel.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.False(exchange.IsOpen);
    }

    /// <summary>
    /// Continuations must run on the thread that moves the clock, so that a deadline is armed before time goes on:
    /// under the runner's context they would be queued elsewhere.
    /// </summary>
    private static (HttpExchange Exchange, Task<HttpAnswer> Asking) AskSlowly(
        string said, int piece, ManualTime time, CancellationToken cancel = default)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        ScriptedStream stream = new(Encoding.ASCII.GetBytes(said), piece)
        {
            Pause = (time, Idle - TimeSpan.FromSeconds(1)),
        };
        HttpExchange exchange = new(stream, time, Idle);
        return (exchange, exchange.SendAsync(
            new HttpRequest { Path = "/", Host = "test", BodyBytesMax = 16 * 1024 }, cancel).AsTask());
    }

    /// <summary>Lets the side say what it has to say.</summary>
    private static void PassUntilSilent(ManualTime time, Task asking)
    {
        while (!asking.IsCompleted && time.NextTimer is { } next && next - time.Elapsed < Idle)
        {
            time.Advance(next - time.Elapsed);
        }
    }

    private static HttpExchange Over(string answer, int piece = int.MaxValue) =>
        new(new ScriptedStream(Encoding.ASCII.GetBytes(answer), piece), new ManualTime(), Idle);

    private static async Task<HttpAnswer> Ask(HttpExchange exchange) => await exchange.SendAsync(
        new HttpRequest { Path = "/", Host = "test", BodyBytesMax = 16 * 1024 }, CancellationToken.None);
}
