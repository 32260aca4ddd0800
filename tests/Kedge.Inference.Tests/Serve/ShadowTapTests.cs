using System.Net.Sockets;
using System.Text;
using Kedge.Core;
using Kedge.Inference.Control;
using Kedge.ModelServer;
using Kedge.ModelServer.Shadow;
using Kedge.Tests.Support.Devices;

namespace Kedge.Inference.Tests.Serve;

/// <summary>The end that copies requests, against another end that may do anything.</summary>
public sealed class ShadowTapTests : IDisposable
{
    private static readonly byte[] Body = "the request"u8.ToArray();

    private static readonly byte[] Given =
        """{"outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[1]}]}"""u8.ToArray();

    private readonly ManualTime _time = new();
    private readonly List<IDisposable> _held = [];
    private int _leasesOver;

    [Fact]
    public void A_copy_is_the_request_and_its_answer_is_compared()
    {
        using ShadowTap tap = Tap(1_000_000);
        Socket other = Connect(tap);
        Offer(tap);
        string asked = Receive(other);
        Assert.StartsWith("POST /v2/models/tiny/infer HTTP/1.1\r\n", asked, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 11\r\n", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("Inference-Header", asked, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nthe request", asked, StringComparison.Ordinal);
        Answer(other, Given);
        Until(tap, c => c.Agreed == 1);

        tap.Offer("tiny", Body, 4, Given, Given.Length);
        Assert.Contains("Inference-Header-Content-Length: 4\r\n", Receive(other), StringComparison.Ordinal);
        Answer(other, "{\"error\":\"KEDGE-INFER-004: no\"}"u8, "400 Bad Request");
        ControlShadow counts = Until(tap, c => c.Compared == 2);
        Assert.Equal((1, true), (counts.Agreed, counts.Connected));
        Assert.Contains("KEDGE-INFER-004", counts.First, StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_that_never_answers_costs_copies_and_nothing_else()
    {
        using ShadowTap tap = Tap(1_000_000);
        Socket other = Connect(tap);
        for (int i = 0; i < 1_000; i++)
        {
            Offer(tap);
        }

        ControlShadow counts = tap.Read();
        Assert.Equal((0, true), (counts.Compared, counts.Connected));
        Assert.InRange(counts.Dropped, 1_000 - ServeLimits.ShadowQueueMax - 1, 1_000 - ServeLimits.ShadowQueueMax);
        Receive(other);
        _time.Advance(ServeLimits.ShadowAnswerTime);
        counts = Until(tap, c => !c.Connected);
        Assert.Equal((1, 0, "it did not answer within 30 s"), (counts.Compared, counts.Agreed, counts.First));
        Offer(tap);
        Assert.Equal(1_000 - 1, Until(tap, c => c.Dropped >= 999).Dropped);
    }

    [Fact]
    public void What_is_too_large_is_not_copied_and_waiting_bytes_are_bounded()
    {
        using ShadowTap tap = Tap(1_000_000);
        Connect(tap);
        tap.Offer("tiny", new byte[ServeLimits.ShadowBytesMax], 1, Given, Given.Length);
        Assert.Equal(1, tap.Read().Dropped);
        for (int i = 0; i < 8; i++)
        {
            tap.Offer("tiny", new byte[ServeLimits.ShadowBytesMax / 4], 1, Given, Given.Length);
        }

        Assert.InRange(tap.Read().Dropped, 1 + 8 - 4, 1 + 8 - 3);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "its answer has 99999999 bytes")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "its answer is no answer of a model server")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", "its answer is no answer of a model server")]
    [InlineData("SSH-2.0-x\r\n\r\n", "its answer is no answer of a model server")]
    [InlineData("", "it ended the connection without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "it ended the connection without an answer")]
    public void What_is_no_answer_disagrees_and_ends_the_connection(string answer, string words)
    {
        using ShadowTap tap = Tap(1_000_000);
        Socket other = Connect(tap);
        Offer(tap);
        Receive(other);
        other.Send(Encoding.ASCII.GetBytes(answer));
        other.Dispose();
        ControlShadow counts = Until(tap, c => !c.Connected);
        Assert.Equal((1, 0), (counts.Compared, counts.Agreed));
        Assert.StartsWith(words, counts.First, StringComparison.Ordinal);

        // A new connection goes on with what was counted.
        other = Connect(tap);
        Offer(tap);
        Receive(other);
        Answer(other, Given);
        Assert.Equal(2, Until(tap, c => c.Agreed == 1).Compared);
    }

    [Fact]
    public void An_answer_that_comes_in_pieces_and_one_that_closes_are_read()
    {
        using ShadowTap tap = Tap(1_000_000);
        Socket other = Connect(tap);
        Offer(tap);
        Receive(other);
        string head = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {Given.Length}\r\n\r\n");
        byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. Given];
        foreach (byte one in answer)
        {
            other.Send([one]);
        }

        ControlShadow counts = Until(tap, c => !c.Connected);
        Assert.Equal((1, 1), (counts.Compared, counts.Agreed));
    }

    [Fact]
    public void The_share_is_drawn_and_not_every_nth_request()
    {
        using ShadowTap tap = Tap(200_000);
        Connect(tap);
        List<int> drawn = [];
        for (int i = 0; i < 10_000; i++)
        {
            long before = tap.Read().Dropped;
            tap.Offer("tiny", new byte[ServeLimits.ShadowBytesMax], 1, Given, Given.Length);
            if (tap.Read().Dropped > before)
            {
                drawn.Add(i);
            }
        }

        Assert.InRange(drawn.Count, 1_800, 2_200);
        Assert.All(
            Enumerable.Range(0, 5), client => Assert.InRange(drawn.Count(i => i % 5 == client), 300, 500));
    }

    [Fact]
    public void It_ends_by_itself_when_nobody_asks_any_more()
    {
        using ShadowTap tap = Tap(1_000_000);
        Connect(tap);
        _time.Advance(Limits.ShadowLease - TimeSpan.FromSeconds(1));
        tap.Read();
        _time.Advance(Limits.ShadowLease - TimeSpan.FromSeconds(1));
        Assert.Equal(0, _leasesOver);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _leasesOver);
    }

    [Fact]
    public void Once_ended_nothing_is_copied_or_counted_and_the_connection_is_closed()
    {
        ShadowTap tap = Tap(1_000_000);
        Socket other = Connect(tap);
        Offer(tap);
        Receive(other);
        tap.Dispose();
        Assert.Equal(0, other.Receive(new byte[1]));
        Offer(tap);
        ControlShadow counts = tap.Read();
        Assert.Equal((0, false, true), (counts.Compared, counts.Connected, tap.HasEnded));
        Socket late = Connect(tap);
        Assert.Equal(0, late.Receive(new byte[1]));
    }

    public void Dispose() => _held.ForEach(static h => h.Dispose());

    private ShadowTap Tap(int sharePpm) => new("tiny.2", sharePpm, 1_000, _time, () => _leasesOver++);

    private static void Offer(ShadowTap tap) => tap.Offer("tiny", Body, Body.Length, Given, Given.Length);

    /// <summary>Gives the tap one end of a connection and returns the other.</summary>
    private Socket Connect(ShadowTap tap)
    {
        using TemporaryFolder folder = new();
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder.File("s")));
        listener.Listen(1);
        Socket near = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        near.Connect(new UnixDomainSocketEndPoint(folder.File("s")));
        Socket far = listener.Accept();
        far.ReceiveTimeout = 30_000;
        _held.Add(far);
        tap.Connect(new NetworkStream(near, ownsSocket: true));
        return far;
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[4096];
        int filled = 0;
        string text = "";
        while (!text.EndsWith("the request", StringComparison.Ordinal))
        {
            int got = socket.Receive(buffer.AsSpan(filled));
            Assert.True(got > 0, $"the end came after: {text}");
            filled += got;
            text = Encoding.ASCII.GetString(buffer, 0, filled);
        }

        return text;
    }

    private static void Answer(Socket socket, ReadOnlySpan<byte> body, string status = "200 OK")
    {
        string head = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
        socket.Send([.. Encoding.ASCII.GetBytes(head), .. body]);
    }

    private static ControlShadow Until(ShadowTap tap, Func<ControlShadow, bool> condition)
    {
        ControlShadow counts = tap.Read();
        bool met = SpinWait.SpinUntil(() => condition(counts = tap.Read()), TimeSpan.FromSeconds(30));
        Assert.True(met, $"{counts.Agreed} of {counts.Compared}, {counts.Dropped} dropped, {counts.Connected}");
        return counts;
    }
}
