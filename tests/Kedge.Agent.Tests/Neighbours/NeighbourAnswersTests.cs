using System.Text;
using Kedge.Agent.Content;
using Kedge.Agent.Neighbours;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;
using Kedge.Core.Neighbours;
using Kedge.Tests.Support.Devices;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Neighbours;

/// <summary>What a device answers, byte for byte, from what stands on its disk.</summary>
public sealed class NeighbourAnswersTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7))];
    private static readonly ChunkRef First = new(Digest.Of(Bytes.AsSpan(0, 200_000)), 200_000);
    private static readonly ChunkRef Second = new(Digest.Of(Bytes.AsSpan(200_000)), 100_000);
    private static readonly PackageFile File = new()
    {
        Path = "model.onnx", Bytes = 300_000, Digest = Digest.Of(Bytes), Chunks = [First, Second],
    };

    private readonly MemoryDisk _disk = new();
    private readonly ManualTime _time = new();
    private readonly NeighbourCounters _counters = new();
    private readonly ContentStore _store;
    private readonly NeighbourBoard _board;

    public NeighbourAnswersTests()
    {
        _store = new ContentStore(_disk);
        _board = new NeighbourBoard(_store);
        _store.OnRight = _board.Found;
    }

    [Fact]
    public async Task A_file_that_is_put_together_is_given_as_far_as_it_is_verified_and_whole_after_that()
    {
        Digest package = Digest.Of("package"u8);
        Assert.Equal("""{"v":1,"state":"none","chunks":0,"beat":0}""", Body(await AskAsync(Offer)));
        _board.Announce(File.Digest, OfferState.Leading);
        using (PartialFile partial = _store.Begin(package, File))
        {
            Assert.True(partial.TryAppend(Bytes.AsSpan(0, 250_000)));
            Assert.Equal("""{"v":1,"state":"leading","chunks":1,"beat":250000}""", Body(await AskAsync(Offer)));
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(Chunk(First, 0)), StringComparison.Ordinal);
            Assert.Contains("KEDGE-AGENT-049", await AskAsync(Chunk(Second, 200_000)), StringComparison.Ordinal);
            Assert.True(partial.TryAppend(Bytes.AsSpan(250_000)));
            Assert.True(_store.TryFinish(partial, "content/packages/x/model.onnx"));
        }

        Assert.Contains("\"whole\"", await AskAsync(Offer), StringComparison.Ordinal);
        string answer = await AskAsync(Chunk(Second, 200_000));
        Assert.Equal(Bytes[200_000..], Encoding.Latin1.GetBytes(Body(answer)));
        Assert.Equal(300_000, _counters.GivenBytes);
    }

    [Fact]
    public async Task What_was_begun_and_given_up_is_not_offered_any_more()
    {
        using (PartialFile partial = _store.Begin(Digest.Of("package"u8), File))
        {
            Assert.True(partial.TryAppend(Bytes.AsSpan(0, 200_000)));
        }

        Assert.Equal("""{"v":1,"state":"none","chunks":1,"beat":200000}""", Body(await AskAsync(Offer)));
        _ = _store.Shelf.Collect();
        Assert.Equal("""{"v":1,"state":"none","chunks":0,"beat":0}""", Body(await AskAsync(Offer)));
    }

    [Fact]
    public async Task What_was_damaged_or_is_asked_for_at_another_place_is_not_given()
    {
        Put("content/packages/x/model.onnx", Bytes);
        Assert.True(_store.IsRight("content/packages/x/model.onnx", File));
        Assert.Contains("KEDGE-AGENT-049", await AskAsync(Chunk(First, 1)), StringComparison.Ordinal);
        Assert.True(_store.IsRight("content/packages/x/model.onnx", File));
        Assert.Contains("KEDGE-AGENT-049", await AskAsync(Chunk(First, 100_001)), StringComparison.Ordinal);
        Assert.Contains("\"whole\"", await AskAsync(Offer), StringComparison.Ordinal);
        byte[] damaged = [.. Bytes];
        damaged[5] ^= 1;
        Put("content/packages/x/model.onnx", damaged);
        Assert.Contains("KEDGE-AGENT-049", await AskAsync(Chunk(First, 0)), StringComparison.Ordinal);
        Assert.Contains("\"none\"", await AskAsync(Offer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_envelope_is_given_as_it_stands_also_where_it_is_longer_than_a_piece()
    {
        Digest package = Digest.Of("package"u8);
        Assert.Contains("KEDGE-AGENT-049", await AskAsync(new PeerRequest.Envelope(package)), StringComparison.Ordinal);
        _store.KeepEnvelope(package, [.. Bytes, .. Bytes, .. Bytes]);
        Assert.Contains(
            "\"whole\"", await AskAsync(new PeerRequest.Offer(package)), StringComparison.Ordinal);
        string body = Body(await AskAsync(new PeerRequest.Envelope(package)));
        Assert.Equal([.. Bytes, .. Bytes, .. Bytes], Encoding.Latin1.GetBytes(body));
    }

    [Fact]
    public async Task Over_the_bound_a_device_says_that_it_is_busy_rather_than_being_slow()
    {
        Put("content/packages/x/model.onnx", Bytes);
        Assert.True(_store.IsRight("content/packages/x/model.onnx", File));
        using NeighbourAnswers answers = new(_board, _store, 25_000, _counters, _time);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(answers, Chunk(First, 0)), StringComparison.Ordinal);

        // 200,000 bytes are paid for in eight seconds.
        Assert.Contains("KEDGE-AGENT-054", await AskAsync(answers, Chunk(First, 0)), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(8.1));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(answers, Chunk(First, 0)), StringComparison.Ordinal);
    }

    private static PeerRequest Offer => new PeerRequest.Offer(File.Digest);

    private static PeerRequest.Content Chunk(ChunkRef chunk, long at) => new(File.Digest, chunk, at);

    private static string Body(string answer) => answer.Split("\r\n\r\n", 2)[1];

    private async Task<string> AskAsync(PeerRequest request)
    {
        using NeighbourAnswers answers = new(_board, _store, 0, _counters, _time);
        return await AskAsync(answers, request);
    }

    private async Task<string> AskAsync(NeighbourAnswers answers, PeerRequest request)
    {
        using MemoryStream stream = new();
        using PeerConnection connection = new(stream, _time);
        Assert.True(await answers.AnswerAsync(connection, request, default));
        return Encoding.Latin1.GetString(stream.ToArray());
    }

    private void Put(string path, byte[] bytes)
    {
        _disk.CreateFolder(path[..path.LastIndexOf('/')]);
        using IDiskFile file = _disk.Open(path, DiskOpening.Create);
        file.Write(bytes);
    }
}
