using System.Text;
using Kedge.Agent.Neighbours;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Agent.Tests.Neighbours;

public sealed class PeerRequestTests
{
    private static readonly Digest Some = Digest.Of("some"u8);
    private static readonly Digest Other = Digest.Of("other"u8);
    private static readonly ChunkRef Chunk = new(Other, 65_536);

    [Fact]
    public void What_one_device_writes_another_reads()
    {
        Assert.Equal(new PeerRequest.Offer(Some), Read(PeerRequest.OfferPath(Some)));
        Assert.Equal(new PeerRequest.Envelope(Some), Read(PeerRequest.EnvelopePath(Some)));
        Assert.Equal(
            new PeerRequest.Content(Some, Chunk, 4_000_000_000),
            Read(PeerRequest.ChunkPath(Some, Chunk, 4_000_000_000)));
    }

    [Theory]
    [InlineData("GET /v1/offers/x HTTP/1.1")]
    [InlineData("GET /v1/offers/ HTTP/1.1")]
    [InlineData("GET /v1/offers/SOME HTTP/1.0")]
    [InlineData("GET /v1/offers/SOME")]
    [InlineData("HEAD /v1/offers/SOME HTTP/1.1")]
    [InlineData("GET /v1/offers/SOME?x=1 HTTP/1.1")]
    [InlineData("GET /v1/offers/SOME HTTP/1.1\r\nContent-Length: 5")]
    [InlineData("GET /v1/offers/SOME HTTP/1.1\r\ntransfer-encoding: chunked")]
    [InlineData("GET /v1/packages/../../identity/key.pem HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=SOME&at=0&bytes=0 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=SOME&at=-1&bytes=1 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=SOME&at=0&bytes=262145 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=SOME&at=99999999999999999999&bytes=1 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=../x&at=0&bytes=1 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?file=SOME&at=0&bytes=1&x=1 HTTP/1.1")]
    [InlineData("GET /v1/chunks/SOME?at=0&file=SOME&bytes=1 HTTP/1.1")]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("\0\u00ff")]
    public void What_is_none_is_none(string head) => Assert.Null(PeerRequest.TryRead(
        Encoding.Latin1.GetBytes(head.Replace("SOME", Some.ToString(), StringComparison.Ordinal))));

    [Fact]
    public void Whatever_comes_nothing_is_thrown_and_what_is_read_is_within_bounds()
    {
        Random random = new(20);
        byte[] good = Encoding.ASCII.GetBytes($"GET {PeerRequest.ChunkPath(Some, Chunk, 12)} HTTP/1.1\r\nHost: x");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = good[..random.Next(good.Length + 1)];
            for (int flips = random.Next(4); flips > 0 && bad.Length > 0; flips--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            if (PeerRequest.TryRead(bad) is PeerRequest.Content content)
            {
                Assert.InRange(content.At, 0, ModelLimits.FileBytesMax);
                Assert.InRange(content.Chunk.Bytes, 1, ModelLimits.ChunkBytesMax);
            }
        }
    }

    private static PeerRequest? Read(string path) =>
        PeerRequest.TryRead(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: neighbour"));
}
